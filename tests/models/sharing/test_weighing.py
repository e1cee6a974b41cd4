from __future__ import annotations

import pytest

from models.driver import UNIT
from models.split import Usage
from models.weighing import _left_out


@pytest.mark.parametrize(
    ("projects", "told"),
    [
        ("abc", "24 gpu_hours are of 'a', 'b', 'c', no target under way"),
        ("abcd", "30 gpu_hours are of 'a', 'b', 'c' and 1 more, no target under way"),
    ],
)
def test_three_that_are_left_out_are_named_and_the_others_counted(projects: str, told: str) -> None:
    others = {project: (9 - at) * UNIT for at, project in enumerate(projects)}

    found = [*_left_out(others, Usage(driver="gpu_hours"))]

    assert found == [("split_left_out", f"{told}; the targets bear their part")]
