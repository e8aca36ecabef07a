"""What each setting means: the text below a field, read when somebody asks for the schema.

pydantic can read it while a class is made; that is a tenth of a second at the start of every
command, and one command in ten shows it.
"""

import ast
import inspect
import textwrap
from itertools import pairwise


def descriptions(section: type) -> dict[str, str]:
    """Read the texts below the fields of a class, by field; fields of its bases are not among them.

    Args:
        section: A class in a file.
    """
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(section))).body
    found = {}
    for statement, below in pairwise(body.body if isinstance(body, ast.ClassDef) else ()):
        match statement, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = inspect.cleandoc(text)
            case _:
                pass
    return found
