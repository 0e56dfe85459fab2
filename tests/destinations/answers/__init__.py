"""Answers that vendors are known to give: a file of rows for each kind of destination."""
