"""Calls that no table can describe: builtins that reach names, files and code, and IPython syntax."""

import ast
import posixpath
from collections.abc import Callable
from typing import Final

from nb2pipe.analysis.arguments import NO_ARGUMENTS, Arguments
from nb2pipe.analysis.calls import function_among
from nb2pipe.analysis.decorators import DECORATORS
from nb2pipe.analysis.definitions import Definition, Frame
from nb2pipe.analysis.escapes import ALL_NAMES, EscapeFacts
from nb2pipe.analysis.file_names import file_name
from nb2pipe.analysis.heap import IMMUTABLE, Value, ending, join
from nb2pipe.analysis.hoist import CLASS_MAKERS
from nb2pipe.analysis.knowledge import Knowledge
from nb2pipe.analysis.states import state_of_target
from nb2pipe.analysis.texts import Texts

_OPENED: Final = (
    "gzip.open", "bz2.open", "lzma.open", "codecs.open", "zipfile.ZipFile", "tarfile.open", "wave.open",
    "netCDF4.Dataset", "tables.open_file", "rasterio.open", "fiona.open",
)  # fmt: skip
_IMPORTING: Final = ("importlib.import_module", "builtins.__import__", "runpy.run_module")
_SHELLS: Final = frozenset({
    "!", "%%!", "%%bash", "%%sh", "%%script", "%sx", "%system", "%ls", "%ll", "%ldir", "%lf", "%lk", "%lx",
})  # fmt: skip
# These tell whether the file was there.
_TELLING: Final = frozenset({"%%writefile", "%%file"})
# What keeps the options that magics set, by the words of their table.
_STATES_OF_MAGICS: Final = {"cwd": "<os>", "environ": "<os>", "numpy": "<numpy>"}
_NAMESPACE: Final = {"builtins.globals", "builtins.locals", "builtins.vars", "builtins.dir"}

# These give the frame of a caller, which has its variables.
_FRAMES: Final = ("sys._getframe", "inspect.currentframe", "inspect.stack")
# What calls of these do shows, each time.
_SHOWING: Final = (
    "builtins.print", "builtins.input", "IPython.", "sys.std", "logging.", "warnings.warn", "matplotlib.pyplot.",
    "tqdm.",
)  # fmt: skip
# Methods of the shell that let it call something later.
_HOOKS: Final = (".events.register", ".set_custom_exc", ".set_hook")
_COPYING: Final = (
    "__copy__", "__deepcopy__", "__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__hash__",
)  # fmt: skip

_ARITHMETIC: Final = ("abs", "divmod", "max", "min", "pow", "round", "sum")


class Specials(Texts):
    """Calls with a meaning of their own."""

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__(knowledge)
        self._specials: dict[str, Callable[[ast.Call, Arguments], Value | None]] = {
            "builtins.open": self.open_plain,
            "io.open": self.open_plain,
            **dict.fromkeys(_OPENED, self.open_archive),
            "h5py.File": self.open_again,
            "uproot.open": self._open_object,
            **dict.fromkeys(_IMPORTING, self._import_text),
            "builtins.exec": self.run_text,
            "builtins.eval": self.run_text,
            **dict.fromkeys(("pandas.eval", "numexpr.evaluate"), self.read_expression),
            **dict.fromkeys(("doctest.testmod", "unittest.main"), self.look_for_tests),
            **dict.fromkeys(_FRAMES, self.look_at_caller),
            "cProfile.run": self.profile_text,
            "profile.run": self.profile_text,
            "timeit.timeit": self.time_text,
            "timeit.repeat": self.time_text,
            "builtins.setattr": self._set_attribute,
            "builtins.getattr": self._get_attribute,
            "builtins.vars": self._variables,
            "builtins.type": self._type_of,
            "builtins.object.__new__": self._made_by_base,
            "builtins.type.__call__": self._made_by_base,
            "decimal.getcontext": lambda *_: Value(dotted="decimal.getcontext"),
            **{f"builtins.{name}": self._arithmetic for name in _ARITHMETIC},
            **dict.fromkeys(("IPython.display", "IPython.display.display"), self._display),
            "functools.cache": self._cache,
            "functools.lru_cache": self._cache,
            "functools.partial": self._partial,
            "collections.defaultdict": self._default_dict,
            **dict.fromkeys(CLASS_MAKERS, self._make_class),
            "copy.copy": self._copy,
            "copy.deepcopy": self._deep_copy,
            "builtins.delattr": self._set_attribute,
            **dict.fromkeys(("sympy.var", "sympy.core.symbol.var"), self.symbols),
            "pathlib.Path": self._path,
            "os.path.join": self._path,
        }

    def special(
        self, node: ast.Call, dotted: str, arguments: Arguments, frame: Frame | None
    ) -> Value | None:
        """Evaluate a call by its own rule; None when `dotted` has none."""
        if dotted in _NAMESPACE and not arguments.all:
            return self.names_and_values(node, dotted, frame)
        if dotted == "IPython.get_ipython":
            self.record.recreates = True
            return Value(frozenset([self.namespace]))
        if dotted == "builtins.print":
            self.record.effects += 1
        if dotted.startswith(_SHOWING):
            self.act()
        if dotted == "builtins.super" and frame is not None:
            return self._own_object(frame)
        rule = self._specials.get(dotted)
        return rule(node, arguments) if rule is not None else None

    # --- what is shown

    def _display(self, node: ast.Call, arguments: Arguments) -> Value | None:
        """Evaluate `display(x, display_id=True)`, whose result changes what the cell has shown."""
        if "display_id" not in dict(arguments.keywords):
            return None
        shown = self.apply(node, Value(dotted="IPython.display.display"), None, arguments)
        handle = self.site(node, "handle", "IPython.DisplayHandle")
        self.unstorable.add(handle)
        return Value(shown.sites | {handle})

    # --- modules and files

    def _import_text(self, node: ast.Call, arguments: Arguments) -> None:
        name = arguments.get(0) or IMMUTABLE
        if name.text is not None:
            self.import_by_name(name.text, node)

    def _open_object(self, node: ast.Call, arguments: Arguments) -> None:
        """Read the file of `uproot.open("file.root:tree")`; the tables say the rest."""
        path, colon, inside = ((arguments.get(0) or IMMUTABLE).text or "").rpartition(":")
        if colon and not inside.startswith("//"):
            self.use_file(Value(constant=path), node, writes=False)

    def _path(self, _node: ast.Call, arguments: Arguments) -> Value | None:
        parts = [value.text for value in arguments.positional]
        if parts and not arguments.keywords and all(part is not None for part in parts):
            return Value(constant=posixpath.join(*(part for part in parts if part is not None)))
        if not arguments.all:
            return Value(constant=".")
        last = arguments.positional[-1] if arguments.positional else IMMUTABLE
        return None if arguments.sites else Value(suffix=ending(last))

    # --- numbers

    def _arithmetic(self, _node: ast.Call, arguments: Arguments) -> Value | None:
        """Evaluate `max(3, x)` and its kin: of numbers alone, the result is one, and so is that of a list of them."""
        given = arguments.sites
        if any(value.dotted for value in arguments.all) or (given and len(arguments.all) > 1):
            return None
        listed = all(self.knowledge.is_bare(site.type) for site in given)
        return IMMUTABLE if listed and not self.heap.held(given) else None

    # --- classes made by calls

    def _make_class(self, node: ast.Call, arguments: Arguments) -> Value | None:
        """Return the class that `namedtuple("Point", "x y")` makes; only under its own name is it known."""
        given = arguments.get(0)
        if given is None or given.text is None:
            return None
        made = ast.ClassDef(name=given.text, bases=[], keywords=[], body=[], decorator_list=[])
        self.kept.append(made)
        site = self.site(node, "class", "class")
        self.has_classes = True
        base = Value(dotted="builtins.tuple")
        site.definition = Definition(made, None, given.text, bases=(base,), order=self.order)
        return Value(frozenset([site]))

    # --- code made by calls

    def _cache(self, node: ast.Call, arguments: Arguments) -> Value | None:
        """Evaluate `lru_cache(f)`, or `lru_cache(None)`, which is a decorator like `cache`."""
        function = function_among(arguments)
        limit = arguments.get(0) or arguments.get("maxsize")
        if function is None:
            unlimited = limit is not None and limit.constant is None
            made = self.site(node, "decorator", "functools.cache")
            return Value(frozenset([made])) if unlimited else None
        decorator = self.evaluate(node.func, None)
        return self.decorated(function, decorator, node)

    def _partial(self, node: ast.Call, arguments: Arguments) -> Value | None:
        """Evaluate `partial(lru_cache, maxsize=None)`, which is that decorator."""
        name = (arguments.get(0) or IMMUTABLE).dotted
        unlimited = dict(arguments.keywords).get("maxsize", IMMUTABLE).constant is None
        made = self.site(node, "decorator", "functools.cache" if unlimited else name)
        return Value(frozenset([made])) if name in DECORATORS else None

    # --- containers

    def _type_of(self, _node: ast.Call, arguments: Arguments) -> Value | None:
        """Return the notebook's classes that an object may be of: `type(self).count += 1`."""
        if len(arguments.all) != 1:
            return None
        instances = frozenset(site for site in arguments.sites if site.type == "instance")
        held = self.heap.held(instances)
        classes = frozenset(site for site in held if site.definition and site.definition.is_class)
        return Value(classes) if classes else None

    def _made_by_base(self, node: ast.Call, arguments: Arguments) -> Value | None:
        """Evaluate `object.__new__(cls)`, or `type.__call__(cls, …)` in a metaclass."""
        own, *rest = arguments.positional or (IMMUTABLE,)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        return self.made_by_base(name, own, Arguments(tuple(rest), arguments.keywords))

    def _default_dict(self, node: ast.Call, arguments: Arguments) -> Value:
        """Return a dictionary that holds what it makes when it is asked for an element."""
        made = self.apply(node, Value(dotted="collections.defaultdict"), None, arguments)
        factory = arguments.get(0) or IMMUTABLE
        element = IMMUTABLE
        if factory.dotted is not None:
            effect = self.knowledge.function(factory.dotted)
            element = self.library_call(
                node.args[0], effect, None, NO_ARGUMENTS, name=factory.dotted
            )
        elif factory.sites:
            element = self.call_value(factory, node.args[0], NO_ARGUMENTS)
        self.heap.hold(made.sites, element.sites)
        self.factories.update(dict.fromkeys(made.sites, factory))
        return made

    # --- copies

    def _copy(self, node: ast.Call, arguments: Arguments) -> Value | None:
        given = arguments.get(0) or IMMUTABLE
        if not self.is_plain_instance(given):
            return None
        self.run_methods(given, _COPYING, node)
        own = self.run_methods(given, ["__copy__"], node)
        made = self.new(node, [self.class_of(given)], "instance", "copy")
        for (holder, name), held in list(self.heap.fields.items()):
            if holder in given.sites:
                self.heap.set_field(made.sites, name, frozenset(held))
        return Value(made.sites | own.sites)

    def _deep_copy(self, node: ast.Call, arguments: Arguments) -> Value:
        """Return a copy that shares nothing but the classes of what it holds."""
        given = arguments.get(0) or IMMUTABLE
        if not given.sites:
            return given
        reached = self.heap.reach(given.sites)
        self.run_methods(Value(reached), _COPYING, node)
        own = self.run_methods(given, ["__deepcopy__"], node, Arguments((IMMUTABLE,)))
        code = Value(frozenset(site for site in reached if site.definition is not None))
        types = {site.type for site in given.sites}
        made = self.new(node, [code], types.pop() if len(types) == 1 else None, "copy")
        self.heap.set_field(made.sites, "*", self.new(node, [code], None, "inner").sites)
        return Value(made.sites | own.sites)

    # --- attributes

    def _get_attribute(self, node: ast.Call, arguments: Arguments) -> Value | None:
        holder, name, default = (arguments.get(index) for index in range(3))
        if holder is None or name is None or name.text is None:
            self.ask(holder or IMMUTABLE, None)
            return None
        found = self.attribute(holder, name.text, node)
        found = self.bound_method(found, holder, name.text, node)
        return found if default is None else join((found, default))

    def _variables(self, node: ast.Call, arguments: Arguments) -> Value | None:
        holder = arguments.get(0)
        return None if holder is None else self.attribute(holder, "__dict__", node)

    def _set_attribute(self, node: ast.Call, arguments: Arguments) -> Value:
        holder = arguments.get(0) or IMMUTABLE
        value = arguments.get(2) or IMMUTABLE
        name = (arguments.get(1) or IMMUTABLE).text
        if holder.dotted is not None:
            state = state_of_target(f"{holder.dotted}.{name}") if name else None
            self.set_option(state, node)
            self.plant([value])
            self.files.spoil(self.heap.reach(value.sites))
            return IMMUTABLE
        self.set_part(holder, value, node, "*" if name is None else name)
        return IMMUTABLE

    def set_part(self, holder: Value, value: Value, node: ast.expr, attribute: str | None) -> None:
        """Set a part of an object."""
        raise NotImplementedError

    def set_library_part(self, dotted: str, attribute: str | None, node: ast.AST) -> None:
        """Record that a module's attribute, or an item of it, is set or deleted."""
        if dotted == "__main__" and attribute is not None:
            self.define(attribute, Value(frozenset([self.site(node, attribute)])), node)
        elif attribute is None:
            self.set_option(state_of_target(dotted, inside=True), node)
        else:
            self.set_option(state_of_target(f"{dotted}.{attribute}"), node)

    @staticmethod
    def _own_object(frame: Frame) -> Value:
        """Return what `super()` stands for: the first parameter of the method."""
        return next(iter(frame.values.values()), IMMUTABLE)

    # --- IPython

    def escape(self, node: ast.Call, escape: EscapeFacts, frame: Frame | None) -> Value:
        """Evaluate a magic or a shell command."""
        with self.guarded(when=True):
            for name in sorted(escape.reads):
                self.lookup(name, node, frame)
        for name in sorted(escape.binds):
            self.define(name, Value(frozenset([self.site(node, name)])), node)
        gone = set(self.names) if ALL_NAMES in escape.unbinds else escape.unbinds
        for name in sorted(gone):
            if name in self.names and not name.startswith("<"):
                self.unbind(name, node)
        self.stars += escape.star
        if escape.name.endswith(_HOOKS):
            self.set_option(None, node)
        self._escape_state(node, escape)
        return Value(frozenset([self.site(node, "output", "list")]))

    def _escape_state(self, node: ast.Call, escape: EscapeFacts) -> None:
        """Record what a magic or a shell command does to anything but variables that it names."""
        for path in escape.reads_files:
            self.use_file(Value(constant=path), node, writes=False)
        for path in escape.writes_files:
            if escape.name in _TELLING and file_name(path) in self.names:
                self.use_file(Value(constant=path), node, writes=False)
            self.use_file(Value(constant=path), node, writes=True)
        for module in escape.modules:
            self.import_by_name(module, node)
        shell = escape.name in _SHELLS
        if "files" in escape.state and (shell or not (escape.writes_files or escape.reads_files)):
            self.use_any_file(node)
        elif shell and not escape.setting:
            self.use_file(IMMUTABLE, node, writes=False)
        moves = "cwd" in escape.state and not escape.quiet
        if escape.setting or moves:
            kept = (name for state, name in _STATES_OF_MAGICS.items() if state in escape.state)
            self.set_option(next(kept, None), node)
        if moves:
            self.change_folder(Value(constant=escape.folder) if escape.folder else IMMUTABLE, node)
        if escape.opaque and not self.explained:
            dynamic = self.record.dynamic
            self.rewrite_names(node)
            self.record.dynamic = dynamic  # it is told as a magic
            self.record.opaque.append((node, escape.name))
