# The text of a unit, as NixOS writes it: a list is one line for each, a truth is true or false.
{ lib }:
name: unit:
let
  value = one: if builtins.isBool one then lib.optionalString one "true" + lib.optionalString (!one) "false" else toString one;
  line = key: one: map (each: "${key}=${value each}") (lib.toList one);
  section = title: lines: lib.optionals (lines != [ ]) ([ "[${title}]" ] ++ lines ++ [ "" ]);
  of = key: list: lib.optionals (list != [ ]) [ "${key}=${lib.concatStringsSep " " list}" ];
in
lib.concatStringsSep "\n" (
  section "Unit" (
    of "Description" [ unit.description ]
    ++ of "After" unit.after
    ++ of "Wants" unit.wants
    ++ of "Requires" unit.requires
  )
  ++ section "Service" (lib.concatLists (lib.mapAttrsToList line unit.serviceConfig))
  ++ section "Install" (of "WantedBy" unit.wantedBy)
)
