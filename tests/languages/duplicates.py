"""Looks for duplicate members and parameters in generated code that nothing here compiles: C# and Kotlin.

usage: duplicates.py <folder>
"""

import re
import sys
from collections import Counter
from pathlib import Path

MEMBERS = {
    ".cs": re.compile(r"^ {8}public [\w<>?.,]+ (\w+) \{ get", re.MULTILINE),
    ".kt": re.compile(r"^ {4}va[lr] (\w+):", re.MULTILINE),
}
PARAMETERS = {
    ".cs": re.compile(r"[\w>?\]] (\w+)(?: = [\w().]+)?(?=[,)])"),
    ".kt": re.compile(r"(\w+): [\w.<>]+\??(?: = \w+)?(?=[,)])"),
}
HEADS = {
    ".cs": re.compile(r"^ +public .*? \w+\((.+\))$", re.MULTILINE),
    ".kt": re.compile(r"^ +fun \w+\((.+?\))", re.MULTILINE),
}

members = 0
duplicates = []
for path in sorted(Path(sys.argv[1]).rglob("*")):
    if path.suffix not in MEMBERS or "Test" in path.name or not {"Model", "models", "Api", "apis"} & {*path.parts}:
        continue
    code = path.read_text()
    lists = [MEMBERS[path.suffix].findall(code)]
    lists += [PARAMETERS[path.suffix].findall(head) for head in HEADS[path.suffix].findall(code)]
    members += sum(map(len, lists))
    for names in lists:
        duplicates += [f"{path.name}: {name}" for name, count in Counter(names).items() if count > 1]
if members < 250:
    sys.exit(f"{members} members: not what a generator makes of the document")
print("\n".join(duplicates) or f"no duplicate among {members} members and parameters")
sys.exit(bool(duplicates))
