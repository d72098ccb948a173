"""Map the top-level folders into the package: compiler/ installs as bifront.compiler, and so on.

The links in bifront/ let a checkout, and tools that only read the source, see the same names.
This mapping makes the sdist, the wheel, and a checkout without links right as well.
"""

from setuptools import find_packages, setup

PARTS = ("compiler", "runtime", "frontends")

parts = find_packages(include=[pattern for part in PARTS for pattern in (part, f"{part}.*")])
# The face's own folders; its links are the parts over again.
face = find_packages(
    include=["bifront", "bifront.*"], exclude=[f"bifront.{part}*" for part in PARTS]
)

setup(
    packages=[*face, *(f"bifront.{name}" for name in parts)],
    package_dir={"bifront": "bifront", **{f"bifront.{part}": part for part in PARTS}},
)
