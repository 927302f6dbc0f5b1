"""The one database: tables, sessions, queries and migrations. Knows neither the engine nor the web pages."""
