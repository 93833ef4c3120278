"""What a user's input can cause, under one class.

Standard library and Python 3.9 only: what makes the environments raises it too.
"""


class UserError(ValueError):
    """The input or the request is at fault, and the user can mend it.

    Raised for arguments, files, folders and machines that cannot be used, never for a fault of
    Metalbench. The message is shown as it is and must be enough to go on: what is wrong, what was
    expected, what was received and, where there is one, the command that helps. A command that
    meets one says so in one line, without a traceback, and ends with exit code 2.
    """
