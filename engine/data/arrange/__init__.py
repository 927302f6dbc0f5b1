"""How records become conversations where a conversation spans several of them, or stands filled into a template."""
