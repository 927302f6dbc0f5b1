"""What programs ask through the API."""
