# A stand-in for the types of nixpkgs' options. A type has a name, `check`, which says whether a value is one, and `merge`, which makes one
# value of several definitions. A definition is { file, value }.
{ functions, modules }:
let
  inherit (builtins)
    all
    any
    concatMap
    elem
    filter
    foldl'
    head
    isAttrs
    isBool
    isFloat
    isFunction
    isInt
    isList
    isString
    length
    map
    match
    ;
  inherit (functions) genAttrs last optional;
  inherit (modules)
    byName
    defined
    evalModules
    evalOption
    fail
    ;

  # One value, however often it was given.
  one =
    at: definitions:
    let
      values = map (definition: definition.value) definitions;
    in
    if all (value: value == head values) values then
      head values
    else
      fail at "has conflicting definition values: ${modules.places definitions}";
  plain = name: check: {
    inherit name check;
    merge = one;
  };
  isPackage = value: isAttrs value && value ? outPath;
  joined = separator: (plain "text" isString) // {
    merge = _: definitions: builtins.concatStringsSep separator (map (definition: definition.value) definitions);
  };
in
rec {
  bool = plain "boolean" isBool;
  int = plain "signed integer" isInt;
  str = plain "string" isString;
  singleLineStr = plain "(optionally newline-terminated) single-line string" (
    value: isString value && match "[^\n]*\n?" value != null
  );
  path = plain "absolute path" (
    value: builtins.isPath value || isPackage value || (isString value && functions.hasPrefix "/" value)
  );
  package = plain "package" isPackage;
  raw = plain "raw value" (_: true);
  lines = joined "\n";
  enum =
    values:
    let
      listed = builtins.concatStringsSep ", " (map builtins.toJSON values);
      name = if length values == 1 then "value ${listed} (singular enum)" else "one of ${listed}";
    in
    plain name (value: elem value values);
  strMatching =
    pattern:
    plain "string matching the pattern ${pattern}" (
      value: isString value && match pattern value != null
    );

  either = first: second: {
    name = "${first.name} or ${second.name}";
    check = value: first.check value || second.check value;
    merge =
      at: definitions:
      if all (definition: first.check definition.value) definitions then
        first.merge at definitions
      else
        second.merge at definitions;
  };
  oneOf = types: foldl' either (head types) (builtins.tail types);
  nullOr = type: {
    name = "null or ${type.name}";
    options = type.options or null;
    check = value: value == null || type.check value;
    merge =
      at: definitions:
      if all (definition: definition.value == null) definitions then null else type.merge at definitions;
  };

  listOf = type: {
    name = "list of ${type.name}";
    check = isList;
    merge =
      at: definitions:
      concatMap (
        { file, value }:
        functions.concatLists (
          functions.optionals (value != [ ]) (
            map (
              index:
              let
                element = [ { inherit file; value = builtins.elemAt value index; } ];
              in
              optional (defined element) (evalOption (at ++ [ "[${toString index}]" ]) type element)
            ) (functions.range 0 (length value - 1))
          )
        )
      ) definitions;
  };

  attrsOf = type: {
    name = "attribute set of ${type.name}";
    options = type.options or null;
    isNamed = true;
    check = isAttrs;
    merge =
      at: definitions:
      let
        inherit (byName definitions) names of;
      in
      genAttrs (filter (name: defined (of name)) names) (
        name: evalOption (at ++ [ name ]) type (of name)
      );
  };
  lazyAttrsOf = attrsOf;

  submodule = module: {
    name = "submodule";
    # Of one that is called <name>, as in manuals.
    options =
      (evalModules {
        arguments.name = "<name>";
        modules = functions.toList module;
      }).options;
    check = value: isAttrs value || isFunction value;
    merge =
      at: definitions:
      (evalModules {
        prefix = at;
        arguments.name = last at;
        modules =
          functions.toList module
          ++ map ({ file, value }: if isFunction value then value else { _file = file; config = value; }) definitions;
      }).config;
  };

  # Whatever JSON can say.
  json =
    let
      value = (nullOr (oneOf [
        bool
        int
        (plain "floating point number" isFloat)
        str
        path
        (attrsOf value)
        (listOf value)
      ])) // { name = "JSON value"; };
    in
    value;
}
