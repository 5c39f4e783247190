# services.dockgate: the gate as a unit, its policy, and for each worker an account that can do nothing else.
{
  imports = [
    ./module/options.nix
    ./module/policy.nix
    ./module/accounts.nix
    ./module/openssh.nix
    ./module/unit.nix
    ./module/assertions.nix
    ./module/sudo.nix
  ];
}
