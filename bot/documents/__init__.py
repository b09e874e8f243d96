"""Documents in and out: tables as CSV and Excel."""
