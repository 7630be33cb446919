"""Prints, as JSON, the parameter names of one function of a Python file, without running the file."""

import ast
import json
import sys


def main():
    path, name = sys.argv[1:3]
    try:
        with open(path, encoding="utf-8") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError) as error:
        print(json.dumps({"error": f"{path}: {error}"}))
        return
    functions = {node.name: node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    if name not in functions:
        print(json.dumps({"error": f"{path} has no function {name!r}", "names": sorted(functions)}))
        return
    arguments = functions[name].args
    names = [argument.arg for argument in arguments.posonlyargs + arguments.args + arguments.kwonlyargs]
    print(json.dumps({"parameters": names, "doc": (ast.get_docstring(functions[name]) or "").split("\n")[0]}))


main()
