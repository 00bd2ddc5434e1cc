"""The lines between a benchmark and the process that it measures; serve.ts is the same in TypeScript.

A request is a line of JSON, `{"do": name, ...arguments}`. The answer is a line `{"result": ...}`, or `{"error": text}`.
"""

import json
import os
import sys


def answer(line, handlers):
    """The line that answers a request: the handler of its name is called with the request's other entries."""
    try:
        arguments = json.loads(line)
        handler = handlers[arguments.pop("do")]
        return json.dumps({"result": handler(**arguments)})
    except Exception as error:
        return json.dumps({"error": f"{type(error).__name__}: {error}"})


def serve(handlers):
    """Answers the lines of standard input until it ends. What else the process prints goes to standard error."""
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        print(answer(line, handlers), file=output, flush=True)
