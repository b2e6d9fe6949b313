"""The tag language: one grammar, one frozen value per tag.

`FORMS` is the grammar. A tag is a keyword, or a keyword, a colon and a value. `parse_tag` reads one
and `str(tag)` writes it back in its one spelling; `docs/tags.md` explains them to users.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from nb2pipe.diagnostics import Code
from nb2pipe.frontend import values
from nb2pipe.frontend.declarations import Declaration, Effect, parse_declaration
from nb2pipe.frontend.layout import Role
from nb2pipe.frontend.values import WrongValueError
from nb2pipe.ir import Secret, StepOptions


class TagError(ValueError):
    """A tag has a wrong value, or none of the grammar's keywords (`UNKNOWN_TAG`)."""

    def __init__(self, code: Code, message: str, hint: str | None = None) -> None:
        self.code = code
        self.hint = hint
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class RoleTag:
    """`imports`, `functions`, `pipeline-parameters`, `pipeline-metrics`, `skip`."""

    role: Role

    def __str__(self) -> str:
        return self.role.value


@dataclass(frozen=True, slots=True)
class StepTag:
    """`step:NAME`: the cell belongs to the step NAME."""

    name: str

    def __str__(self) -> str:
        return f"step:{self.name}"


@dataclass(frozen=True, slots=True)
class PrevTag:
    """`prev:NAME` or `prev:A:B`: the step starts after these, besides what the data asks for."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return ":".join(("prev", *self.names))


@dataclass(frozen=True, slots=True)
class NotebookTag:
    """`notebook:NAME`: the notebook NAME stands here with its steps."""

    name: str

    def __str__(self) -> str:
        return f"notebook:{self.name}"


@dataclass(frozen=True, slots=True)
class ImageTag:
    """`image:REF`: the container image of the step."""

    image: str

    def __str__(self) -> str:
        return f"image:{self.image}"

    def options(self) -> StepOptions:
        """Return what the tag asks for."""
        return StepOptions(image=self.image)


@dataclass(frozen=True, slots=True)
class LimitTag:
    """`limit:RESOURCE:QUANTITY`: the most that the step may use."""

    resource: str
    quantity: str

    def __str__(self) -> str:
        return f"limit:{self.resource}:{self.quantity}"

    def options(self) -> StepOptions:
        """Return what the tag asks for."""
        return StepOptions(limits=((self.resource, self.quantity),))


@dataclass(frozen=True, slots=True)
class RequestTag:
    """`request:RESOURCE:QUANTITY`: what the step is sure to get."""

    resource: str
    quantity: str

    def __str__(self) -> str:
        return f"request:{self.resource}:{self.quantity}"

    def options(self) -> StepOptions:
        """Return what the tag asks for."""
        return StepOptions(requests=((self.resource, self.quantity),))


@dataclass(frozen=True, slots=True)
class LabelTag:
    """`label:KEY:VALUE`: a label of the step's pod."""

    key: str
    value: str

    def __str__(self) -> str:
        return f"label:{self.key}:{self.value}"

    def options(self) -> StepOptions:
        """Return what the tag asks for."""
        return StepOptions(labels=((self.key, self.value),))


@dataclass(frozen=True, slots=True)
class AnnotationTag:
    """`annotation:KEY:VALUE`: an annotation of the step's pod."""

    key: str
    value: str

    def __str__(self) -> str:
        return f"annotation:{self.key}:{self.value}"

    def options(self) -> StepOptions:
        """Return what the tag asks for."""
        return StepOptions(annotations=((self.key, self.value),))


@dataclass(frozen=True, slots=True)
class EnvTag:
    """`env:NAME=VALUE`: an environment variable of the step."""

    name: str
    value: str

    def __str__(self) -> str:
        return f"env:{self.name}={self.value}"

    def options(self) -> StepOptions:
        """Return what the tag asks for."""
        return StepOptions(env=((self.name, self.value),))


@dataclass(frozen=True, slots=True)
class SecretTag:
    """`secret:NAME:KEY:VARIABLE`: a key of a Kubernetes secret as an environment variable."""

    secret: str
    key: str
    variable: str

    def __str__(self) -> str:
        return f"secret:{self.secret}:{self.key}:{self.variable}"

    def options(self) -> StepOptions:
        """Return what the tag asks for."""
        secret = Secret(secret=self.secret, key=self.key, variable=self.variable)
        return StepOptions(secrets=(secret,))


@dataclass(frozen=True, slots=True)
class CacheTag:
    """`cache:on|off`: whether an earlier result of the step may be taken."""

    on: bool

    def __str__(self) -> str:
        return f"cache:{_switch(on=self.on)}"

    def options(self) -> StepOptions:
        """Return what the tag asks for."""
        return StepOptions(cache=self.on)


@dataclass(frozen=True, slots=True)
class RetryTag:
    """`retry:N`: how often a failed step is tried again."""

    times: int

    def __str__(self) -> str:
        return f"retry:{self.times}"

    def options(self) -> StepOptions:
        """Return what the tag asks for."""
        return StepOptions(retry=self.times)


@dataclass(frozen=True, slots=True)
class TimeoutTag:
    """`timeout:DURATION`: the step fails when it takes longer."""

    seconds: int

    def __str__(self) -> str:
        return f"timeout:{self.seconds}s"

    def options(self) -> StepOptions:
        """Return what the tag asks for."""
        return StepOptions(timeout=self.seconds)


@dataclass(frozen=True, slots=True)
class ReportTag:
    """`report:on|off`: whether the step keeps its executed cells as a page."""

    on: bool

    def __str__(self) -> str:
        return f"report:{_switch(on=self.on)}"

    def options(self) -> StepOptions:
        """Return what the tag asks for."""
        return StepOptions(report=self.on)


OptionTag = (
    ImageTag
    | LimitTag
    | RequestTag
    | LabelTag
    | AnnotationTag
    | EnvTag
    | SecretTag
    | CacheTag
    | RetryTag
    | TimeoutTag
    | ReportTag
)
Tag = RoleTag | StepTag | PrevTag | NotebookTag | Declaration | OptionTag


# --- the grammar


@dataclass(frozen=True, slots=True)
class Form:
    """A row of the grammar: how a tag is written, how its value is read, what it is without one."""

    usage: str
    parse: Callable[[str], Tag]
    alone: Tag | None = None


def _switch(*, on: bool) -> str:
    return "on" if on else "off"


def _key_and_value(text: str, usage: str) -> tuple[str, str]:
    key, colon, value = text.partition(":")
    if not colon:
        raise WrongValueError(f"`{text}` lacks its second part", f"write `{usage}`")
    return key.strip(), value.strip()


def _step(text: str) -> StepTag:
    return StepTag(values.step_name(text))


def _prev(text: str) -> PrevTag:
    names = tuple(values.step_name(name.strip()) for name in text.split(":") if name.strip())
    if not names:
        raise WrongValueError("no step is named", "write `prev:NAME`")
    return PrevTag(names)


def _notebook(text: str) -> NotebookTag:
    if not text:
        raise WrongValueError("no notebook is named", "write `notebook:NAME`")
    return NotebookTag(text)


def _limit(text: str) -> LimitTag:
    resource, quantity = _key_and_value(text, "limit:RESOURCE:QUANTITY")
    return LimitTag(values.resource(resource), values.quantity(quantity, resource))


def _request(text: str) -> RequestTag:
    resource, quantity = _key_and_value(text, "request:RESOURCE:QUANTITY")
    return RequestTag(values.resource(resource), values.quantity(quantity, resource))


def _label(text: str) -> LabelTag:
    key, value = _key_and_value(text, "label:KEY:VALUE")
    return LabelTag(values.label_key(key), value)


def _annotation(text: str) -> AnnotationTag:
    key, value = _key_and_value(text, "annotation:KEY:VALUE")
    return AnnotationTag(values.label_key(key), value)


def _env(text: str) -> EnvTag:
    name, equals, value = text.partition("=")
    if not equals:
        raise WrongValueError(f"`{text}` lacks its `=`", "write `env:NAME=VALUE`")
    return EnvTag(values.environment_name(name.strip()), value)


def _secret(text: str) -> SecretTag:
    parts = [part.strip() for part in text.split(":")]
    if len(parts) != len(("secret", "key", "variable")):
        raise WrongValueError(f"`{text}` is not three parts", "write `secret:NAME:KEY:VARIABLE`")
    secret, key, variable = parts
    return SecretTag(
        values.kubernetes_name(secret, "secret"),
        values.secret_key(key),
        values.environment_name(variable),
    )


ROLES = {role.value: RoleTag(role) for role in Role if role is not Role.STEP}
"""The tags that are a keyword alone."""

FORMS = {
    "step": Form("step:NAME", _step),
    "prev": Form("prev:NAME", _prev),
    "notebook": Form("notebook:NAME", _notebook),
    "pure": Form("pure:NAME", partial(parse_declaration, Effect.PURE), Declaration(Effect.PURE)),
    "mutates": Form("mutates:NAME", partial(parse_declaration, Effect.MUTATES)),
    "reads": Form("reads:NAME", partial(parse_declaration, Effect.READS)),
    "writes": Form("writes:NAME", partial(parse_declaration, Effect.WRITES)),
    "image": Form("image:REF", lambda text: ImageTag(values.image(text))),
    "limit": Form("limit:RESOURCE:QUANTITY", _limit),
    "request": Form("request:RESOURCE:QUANTITY", _request),
    "label": Form("label:KEY:VALUE", _label),
    "annotation": Form("annotation:KEY:VALUE", _annotation),
    "env": Form("env:NAME=VALUE", _env),
    "secret": Form("secret:NAME:KEY:VARIABLE", _secret),
    "cache": Form("cache:on|off", lambda text: CacheTag(values.switch(text))),
    "retry": Form("retry:N", lambda text: RetryTag(values.count(text))),
    "timeout": Form("timeout:DURATION", lambda text: TimeoutTag(values.duration(text))),
    "report": Form("report:on|off", lambda text: ReportTag(values.switch(text))),
}
"""The tags that take a value, by keyword."""

ALIASES = {"after": "prev", "parameters": Role.PARAMETERS.value}
"""Other spellings of keywords; `parameters` is papermill's."""


def parse_tag(text: str) -> Tag:
    """Return the tag that `text` spells; the keyword's case and outer spaces do not matter.

    Raises:
        TagError: its value is wrong, or its keyword is not one of the grammar (`UNKNOWN_TAG`).
    """
    keyword, colon, value = text.strip().partition(":")
    keyword = keyword.strip().lower()
    keyword = ALIASES.get(keyword, keyword)
    if keyword in ROLES:
        return _role(keyword, value.strip())
    form = FORMS.get(keyword)
    if form is None:
        raise TagError(Code.UNKNOWN_TAG, f"`{text}` is no tag")
    if not colon:
        if form.alone is not None:
            return form.alone
        raise TagError(
            Code.BAD_TAG_VALUE, f"the tag `{text}` needs a value", f"write `{form.usage}`"
        )
    try:
        return form.parse(value.strip())
    except WrongValueError as error:
        code = Code.BAD_STEP_NAME if keyword == "step" else Code.BAD_TAG_VALUE
        message = str(error) if keyword == "step" else f"in the tag `{text}`: {error}"
        raise TagError(code, message, error.hint) from error


def _role(keyword: str, value: str) -> RoleTag:
    if value:
        raise TagError(
            Code.BAD_TAG_VALUE, f"the tag `{keyword}` takes no value", f"write `{keyword}`"
        )
    return ROLES[keyword]
