"""Local host: run a Python v2 Functions app without Azure Functions Core Tools."""
