# SPDX-License-Identifier: Apache-2.0
"""`python -m mezzotint.lab`: the command mzt-lab, for torchrun, which starts modules."""

from mezzotint.lab.cli import main

main(prog_name="mzt-lab")
