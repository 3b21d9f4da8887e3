"""Charts that the press was not written for, over the local data sets of ``vega_datasets`` or rows made here.

Each is an Altair chart, or a function of the width in pixels that draws one.
"""

from specs import edges, marks, shapes, views

SPECS = {
    f"{module.__name__.removeprefix('specs.')}-{name}": chart
    for module in (marks, shapes, views, edges)
    for name, chart in module.CHARTS.items()
}
