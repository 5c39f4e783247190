# A stand-in for the plain functions of nixpkgs' library, as far as the module uses them.
let
  inherit (builtins)
    attrNames
    concatLists
    concatStringsSep
    elem
    elemAt
    filter
    foldl'
    genList
    isList
    isString
    length
    listToAttrs
    map
    replaceStrings
    split
    stringLength
    substring
    ;
  # What a regular expression reads as more than itself.
  special = [ "\\" "." "*" "+" "?" "(" ")" "[" "]" "{" "}" "^" "$" "|" ];
in
rec {
  inherit (builtins)
    all
    any
    attrNames
    attrValues
    concatLists
    concatMap
    concatStringsSep
    elem
    elemAt
    filter
    foldl'
    hasAttr
    head
    isAttrs
    isList
    isString
    length
    listToAttrs
    mapAttrs
    replaceStrings
    ;

  last = list: elemAt list (length list - 1);
  count = holds: list: length (filter holds list);
  toList = value: if isList value then value else [ value ];
  unique = foldl' (known: one: if elem one known then known else known ++ [ one ]) [ ];
  intersectLists = wanted: filter (one: elem one wanted);
  optional = condition: value: if condition then [ value ] else [ ];
  optionals = condition: list: if condition then list else [ ];
  optionalAttrs = condition: set: if condition then set else { };
  optionalString = condition: text: if condition then text else "";

  nameValuePair = name: value: { inherit name value; };
  genAttrs = names: make: listToAttrs (map (name: nameValuePair name (make name)) names);
  mapAttrsToList = make: set: map (name: make name set.${name}) (attrNames set);
  filterAttrs =
    holds: set:
    listToAttrs (
      concatLists (
        mapAttrsToList (name: value: optional (holds name value) (nameValuePair name value)) set
      )
    );
  recursiveUpdate =
    old: new:
    old
    // builtins.mapAttrs (
      name: value:
      if builtins.isAttrs value && builtins.isAttrs (old.${name} or null) then
        recursiveUpdate old.${name} value
      else
        value
    ) new;

  hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
  removePrefix =
    prefix: text:
    if hasPrefix prefix text then substring (stringLength prefix) (stringLength text) text else text;
  concatStrings = concatStringsSep "";
  concatMapStringsSep = separator: make: list: concatStringsSep separator (map make list);
  escapeRegex = replaceStrings special (map (one: "\\${one}") special);
  splitString = separator: text: filter isString (split (escapeRegex separator) text);
  # A word that a shell takes as it stands needs no quotes.
  escapeShellArg =
    word:
    let
      text = toString word;
    in
    if builtins.match "[[:alnum:],._+:@%/-]+" text != null then
      text
    else
      "'${replaceStrings [ "'" ] [ "'\\''" ] text}'";
  escapeShellArgs = concatMapStringsSep " " escapeShellArg;

  getExe = package: "${package}/bin/${package.meta.mainProgram or package.pname or package.name}";
  getExe' = package: program: "${package}/bin/${program}";
  importJSON = path: builtins.fromJSON (builtins.readFile path);

  range = first: end: genList (at: first + at) (end - first + 1);
  licenses.asl20 = "Apache-2.0";
  fetchers.proxyImpureEnvVars = [ ];
}
