"""The command line: one module a command group; they parse, call one function, and print."""
