"""SFTP that speaks only to servers it knows.

fsspec's own class accepts the key of any server, and so of anybody in between. Here a server's key
has to be in `known_hosts`, as for the ssh command.
"""

import os
from typing import Any

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem

from data_contracts.errors import SourceError

CONNECT_S = 30.0


class StrictSftp(SFTPFileSystem):  # type: ignore[misc]  # fsspec has no types
    """SFTP with the host keys of this account, or of a file that the options name."""

    def _connect(self) -> None:
        options: dict[str, Any] = dict(self.ssh_kwargs)
        options.pop("skip_instance_cache", None)
        options.pop("use_listings_cache", None)
        known_hosts = options.pop("known_hosts", None)
        self.client = paramiko.SSHClient()
        if known_hosts is None:
            self.client.load_system_host_keys()
        else:
            self._load_host_keys(str(known_hosts))
        self.client.set_missing_host_key_policy(paramiko.RejectPolicy())
        try:
            self._sign_in({"timeout": CONNECT_S, **options})
        except BaseException:
            self.client.close()
            raise
        self.ftp = self.client.open_sftp()
        self.ftp.get_channel().settimeout(CONNECT_S)

    def close(self) -> None:
        """Hang up."""
        self.ftp.close()
        self.client.close()

    def _load_host_keys(self, known_hosts: str) -> None:
        try:
            self.client.load_host_keys(os.path.expanduser(known_hosts))
        except OSError:
            raise SourceError(
                f"the known_hosts file {known_hosts} of the options cannot be read",
                hint="correct its path, or leave it out to use the account's own",
            ) from None

    def _sign_in(self, options: dict[str, Any]) -> None:
        try:
            self.client.connect(self.host, **options)
        except paramiko.BadHostKeyException:
            raise SourceError(
                f"the server {self.host} shows another key than known_hosts has",
                hint="find out why before anything else: somebody may be in between",
            ) from None
        except paramiko.AuthenticationException:
            raise SourceError(
                f"the server {self.host} does not let this account in",
                hint="check the user in the URL, the SSH key, and `options_env` of the source",
            ) from None
        except paramiko.SSHException as error:
            if "known_hosts" not in str(error):
                raise
            raise SourceError(
                f"the server {self.host} is not in known_hosts: its key cannot be checked",
                hint=f"ssh-keyscan {self.host} >> ~/.ssh/known_hosts, once its key is confirmed",
            ) from None
