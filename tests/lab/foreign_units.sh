# The units of a node before it is managed: foreign units in the states that systemd has beside
# enabled and disabled. Real packages add aliases (chronyd.service, sshd.service), an
# indirect service with an enabled socket (uuidd) and masks of their own.
# Run as root inside the image that is being built.
set -eu

unit() { cat > "/usr/lib/systemd/system/$1"; }

# Enabled, under two names, with an administrator's drop-in.
unit foreign-agent.service << 'END'
[Unit]
Description=A foreign agent
Wants=foreign-static.service

[Service]
ExecStart=/bin/sleep infinity

[Install]
WantedBy=multi-user.target
Alias=foreign.service
END
mkdir /etc/systemd/system/foreign-agent.service.d
cat > /etc/systemd/system/foreign-agent.service.d/10-site.conf << 'END'
[Service]
Environment=SITE=here
END

# Static: it runs because another unit wants it.
unit foreign-static.service << 'END'
[Unit]
Description=A helper without an [Install] section

[Service]
ExecStart=/bin/sleep infinity
END

# An enabled instance of a template.
unit foreign-instance@.service << 'END'
[Unit]
Description=Instance %i of a foreign template

[Service]
ExecStart=/bin/sleep infinity

[Install]
WantedBy=multi-user.target
END

# Masked, and never started.
unit foreign-masked.service << 'END'
[Unit]
Description=A unit that is masked

[Service]
ExecStart=/bin/sleep infinity

[Install]
WantedBy=multi-user.target
END

# Failed at every boot, so that the machine is degraded before anything is done to it.
unit foreign-failed.service << 'END'
[Unit]
Description=A unit that fails at boot

[Service]
Type=oneshot
ExecStart=/bin/false

[Install]
WantedBy=multi-user.target
END

# Linked from outside systemd's own folders, and not enabled.
mkdir -p /opt/foreign
cat > /opt/foreign/foreign-linked.service << 'END'
[Unit]
Description=A unit that is linked from /opt

[Service]
ExecStart=/bin/sleep infinity

[Install]
WantedBy=multi-user.target
END

# Generated, from a System V script.
cat > /etc/init.d/foreign-generated << 'END'
#!/bin/sh
### BEGIN INIT INFO
# Provides:          foreign-generated
# Required-Start:
# Required-Stop:
# Default-Start:     2 3 4 5
# Default-Stop:
# Short-Description: A script from before systemd
### END INIT INFO
exit 0
END
chmod 755 /etc/init.d/foreign-generated
ln -s ../init.d/foreign-generated /etc/rc3.d/S01foreign-generated

# The time service runs without network, and does not set the clock, which is the host's.
mkdir /usr/lib/systemd/system/chrony.service.d
unit chrony.service.d/lab.conf << 'END'
[Unit]
ConditionCapability=

[Service]
PrivateNetwork=yes
END
sed --in-place 's/^DAEMON_OPTS="/&-x /' /etc/default/chrony

systemctl --quiet enable foreign-agent.service foreign-instance@one.service foreign-failed.service
systemctl --quiet mask foreign-masked.service
systemctl --quiet link /opt/foreign/foreign-linked.service
