"""The CRM stand-in: customers over a small REST API, with signed webhooks."""
