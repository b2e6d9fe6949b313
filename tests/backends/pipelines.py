"""Pipelines made by hand, for tests of what comes after the analysis."""

from collections.abc import Mapping, Sequence

from nb2pipe.ir import (
    ArtifactType,
    Bind,
    Cell,
    Edge,
    Input,
    Load,
    Operation,
    Output,
    Parameter,
    ParameterType,
    Pipeline,
    Run,
    Step,
    StepOptions,
    Store,
)

_TYPES = {
    bool: ParameterType.BOOL,
    int: ParameterType.INT,
    float: ParameterType.FLOAT,
    str: ParameterType.STR,
    list: ParameterType.LIST,
    dict: ParameterType.DICT,
}


class Draft:
    """A pipeline in the making: one cell per step."""

    def __init__(self, name: str = "draft", notebook: str = "draft.ipynb", **parameters: object):
        self.name = name
        self.notebook = notebook
        self.cells: list[Cell] = []
        self.steps: list[Step] = []
        self.edges: dict[tuple[str, str], Edge] = {}
        self.parameters = tuple(
            Parameter(name=key, type=_TYPES[type(default)], default=default, cell=0)  # type: ignore[arg-type]
            for key, default in parameters.items()
        )

    def step(  # noqa: PLR0913 -- each names a part of the step
        self,
        name: str,
        source: str,
        *,
        reads: Mapping[str, str] | None = None,
        makes: Sequence[str] = (),
        parameters: Sequence[str] = (),
        metrics: Sequence[str] = (),
        after: Sequence[str] = (),
        types: Mapping[str, ArtifactType] | None = None,
        options: StepOptions = StepOptions(),
    ) -> "Draft":
        """Add a step; `reads` maps a variable to the step that makes it."""
        reads = reads or {}
        position = len(self.cells)
        self.cells.append(
            Cell(
                position=position,
                number=position + 1,
                id=f"c{position}",
                notebook=self.notebook,
                source=source,
                step=name,
            )
        )
        program: list[Operation] = [Bind(name=parameter) for parameter in parameters]
        program += [Load(input=variable, names=(variable,)) for variable in reads]
        program.append(Run(cell=position, count=position + 1))
        program += [Store(output=variable) for variable in makes]
        kinds = types or {}
        self.steps.append(
            Step(
                name=name,
                cells=(position,),
                program=tuple(program),
                inputs=tuple(
                    Input(key=variable, step=source_step, output=variable)
                    for variable, source_step in reads.items()
                ),
                outputs=tuple(
                    Output(
                        key=variable,
                        names=(variable,),
                        type=kinds.get(variable, ArtifactType.ARTIFACT),
                    )
                    for variable in makes
                ),
                parameters=tuple(parameters),
                metrics=tuple(metrics),
                after=tuple(after),
                options=options,
            )
        )
        for source_step in (*reads.values(), *after):
            variables = tuple(key for key, value in reads.items() if value == source_step)
            self.edges[source_step, name] = Edge(
                source=source_step, target=name, variables=variables, declared=source_step in after
            )
        return self

    def pipeline(self, *, image: str = "python:3.11", description: str = "") -> Pipeline:
        return Pipeline(
            name=self.name,
            notebook=self.notebook,
            steps=tuple(self.steps),
            edges=tuple(self.edges.values()),
            cells=tuple(self.cells),
            parameters=self.parameters,
            image=image,
            description=description,
        )
