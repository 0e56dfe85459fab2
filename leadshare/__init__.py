"""leadshare takes marketplace leads and delivers each of them once."""
