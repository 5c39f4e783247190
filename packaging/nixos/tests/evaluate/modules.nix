# A stand-in for NixOS's module system: modules with imports, options and config, merged by priorities and types. An option that nobody
# declared, a value of a wrong type and definitions that contradict each other are errors, in words close to NixOS's.
{ functions, lib }:
let
  inherit (builtins)
    all
    any
    attrNames
    concatMap
    filter
    foldl'
    isAttrs
    isFunction
    isPath
    isString
    length
    map
    mapAttrs
    sort
    ;
  inherit (functions) genAttrs optional unique;

  PLAIN = 100;
  BETWEEN = 1000;
  name = builtins.concatStringsSep ".";
  kind = value: if isAttrs value then value._type or "plain" else "plain";

  properties = rec {
    mkIf = condition: content: { _type = "if"; inherit condition content; };
    mkMerge = contents: { _type = "merge"; inherit contents; };
    mkOverride = priority: content: { _type = "override"; inherit priority content; };
    mkOrder = priority: content: { _type = "order"; inherit priority content; };
    mkDefault = mkOverride 1000;
    mkForce = mkOverride 50;
    mkOptionDefault = mkOverride 1500;
    mkBefore = mkOrder 500;
    mkAfter = mkOrder 1500;
    mkOption = declaration: declaration // { _type = "option"; };
    mkEnableOption =
      what:
      mkOption {
        type = lib.types.bool;
        default = false;
        description = "Whether to enable ${what}.";
      };
    mkPackageOption =
      pkgs: package: _:
      mkOption {
        type = lib.types.package;
        default = pkgs.${package};
        description = "The ${package} package to use.";
      };
    literalExpression = text: { _type = "literalExpression"; inherit text; };
  };

  # A definition of a set, whose properties go to its attributes: so the names in it are known before a condition is.
  pushDown =
    { file, value }:
    let
      to = wrap: content: map (part: { inherit file; value = mapAttrs (_: wrap) part.value; }) (
        pushDown { inherit file; value = content; }
      );
    in
    {
      "merge" = concatMap (content: pushDown { inherit file; value = content; }) (value.contents or [ ]);
      "if" = to (properties.mkIf value.condition) value.content;
      "override" = to (properties.mkOverride value.priority) value.content;
      "order" = to (properties.mkOrder value.priority) value.content;
    }.${kind value} or [ { inherit file value; } ];

  # Definitions of a set by its attributes: the parts that they come to, the names in those, and the definitions of each.
  byName =
    definitions:
    let
      parts = concatMap pushDown definitions;
    in
    {
      inherit parts;
      names = unique (concatMap (part: attrNames part.value) parts);
      of =
        name:
        map (part: { inherit (part) file; value = part.value.${name}; }) (
          filter (part: part.value ? ${name}) parts
        );
    };

  # What is left of a definition once its conditions are known: { file, priority, order, value } each.
  discharge =
    { file, value }:
    let
      inside = content: discharge { inherit file; value = content; };
    in
    {
      "merge" = concatMap inside (value.contents or [ ]);
      "if" = if value.condition then inside value.content else [ ];
      "override" = map (one: one // { inherit (value) priority; }) (inside value.content);
      "order" = map (one: one // { order = value.priority; }) (inside value.content);
    }.${kind value} or [ { inherit file value; priority = PLAIN; order = BETWEEN; } ];

  fail = at: what: throw "The option `${name at}' ${what}";
  places = definitions: builtins.concatStringsSep ", " (unique (map (one: one.file) definitions));
  defined = definitions: concatMap discharge definitions != [ ];

  evalOption =
    at: type: definitions:
    let
      given = concatMap discharge definitions;
      strongest = foldl' (least: one: if one.priority < least then one.priority else least) 9999 given;
      winning = filter (one: one.priority == strongest) given;
      ordered = sort (one: other: one.order < other.order) winning;
      wrong = filter (one: !type.check one.value) ordered;
    in
    if given == [ ] then
      fail at "was accessed but has no value defined. Try setting the option."
    else if wrong != [ ] then
      throw "A definition for option `${name at}' is not of type `${type.name}'. Definition values: in ${places wrong}"
    else
      type.merge at (map (one: { inherit (one) file value; }) ordered);

  # A module, however it is written, and those that it imports.
  load =
    arguments: file: module:
    let
      from = if isPath module then toString module else file;
      read = if isPath module || isString module then import module else module;
      body = if isFunction read then read arguments else read;
      whole =
        if body ? config || body ? options then
          body
        else
          {
            config = removeAttrs body [
              "imports"
              "_file"
              "freeformType"
            ];
            imports = body.imports or [ ];
          };
      here = body._file or from;
    in
    [ { file = here; options = whole.options or { }; config = whole.config or { }; freeform = optional (body ? freeformType) body.freeformType; } ]
    ++ concatMap (load arguments here) (whole.imports or [ ]);

  # Declarations of several modules, as one tree.
  declare =
    at: trees:
    genAttrs (unique (concatMap attrNames trees)) (
      one:
      let
        here = map (tree: tree.${one}) (filter (tree: tree ? ${one}) trees);
        options = filter (tree: kind tree == "option") here;
      in
      if options == [ ] then
        declare (at ++ [ one ]) here
      else if length here > 1 then
        fail (at ++ [ one ]) "is already declared"
      else
        builtins.head options
    );

  evalModules =
    {
      modules,
      arguments ? { },
      prefix ? [ ],
    }:
    let
      loaded = concatMap (load (arguments // { inherit lib config options; }) "<a module>") modules;
      options = declare prefix (map (module: module.options) loaded);
      freeforms = concatMap (module: module.freeform) loaded;

      tree =
        at: declared: definitions:
        let
          inherit (byName definitions) parts names of;
          strange = filter (one: !(declared ? ${one}) && defined (of one)) names;
          leaf =
            one: option:
            let
              standard = optional (option ? default) {
                file = "the default";
                value = properties.mkOptionDefault option.default;
              };
              written = of one;
            in
            if (option.readOnly or false) && length (concatMap discharge written) > 1 then
              fail (at ++ [ one ]) "is read-only, but it's set multiple times."
            else
              evalOption (at ++ [ one ]) option.type (written ++ standard);
          known = mapAttrs (
            one: option:
            if kind option == "option" then leaf one option else tree (at ++ [ one ]) option (of one)
          ) declared;
          free = map (part: {
            inherit (part) file;
            value = functions.filterAttrs (one: _: builtins.elem one strange) part.value;
          }) parts;
        in
        if strange == [ ] then
          known
        else if freeforms == [ ] || at != prefix then
          throw "The option `${name (at ++ [ (builtins.head strange) ])}' does not exist. Definition values: in ${places (of (builtins.head strange))}"
        else
          (builtins.head freeforms).merge at free // known;

      config = tree prefix options (map (module: { inherit (module) file; value = module.config; }) loaded);
    in
    {
      inherit config options;
      # All that is declared, so that a wrong value is told even where nothing asks for it.
      checked =
        let
          force =
            declared: values:
            all (
              one:
              if kind declared.${one} == "option" then
                builtins.seq values.${one} true
              else
                force declared.${one} values.${one}
            ) (attrNames declared);
        in
        force options config;
    };
in
{
  inherit
    byName
    defined
    evalModules
    evalOption
    fail
    places
    properties
    ;
}
