"""Says of each test in a report of pytest whether it passed; one that could not be set up or taken down did not."""

import sys
from xml.etree import ElementTree

_, prefix, report = sys.argv
passed: dict[str, bool] = {}
for case in ElementTree.parse(report).iter("testcase"):
    name = f"{case.get('classname', '')}.{case.get('name', '')}".removeprefix(prefix)
    kinds = {child.tag for child in case}
    passed[name] = passed.get(name, True) and not kinds & {"failure", "error", "skipped"}
for name, well in passed.items():
    print("passed" if well else "failed", name)
