#!/usr/bin/perl
#
# 805-check-postfix.t -- gatepost check --postfix on the ways in which people
# attach a milter: chroots, services with milters of their own, TCP, folders
#
# Postfix itself is not started: its postconf(1) reads folders of ours.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use IO::Socket::UNIX;
use Test::More;

Gatepost::Test->need(qw(root postconf));
plan(skip_all => 'there is no user postfix') unless getpwnam('postfix');

my $site = Gatepost::Test->new;
my $dir = $site->dir;
my $queue = "$dir/spool";
my $inside = "$queue/gatepost/milter.sock";
my $outside = "$dir/run/milter.sock";
my @open;

mkdir($_) for ("$dir/etc", $queue, "$queue/gatepost");
for my $path ($inside, $outside) {
	push(@open, IO::Socket::UNIX->new(Local => $path, Listen => 1) ||
	    die "$path: $!");
	chmod(0666, $path);
}

# A master.cf of smtpd lines, and of cleanup, with "y", "n" or "-".
sub master {
	my ($chroot, $cleanup, @more) = @_;

	return join("\n", "smtp inet n - $chroot - - smtpd",
	    "cleanup unix n - $cleanup - 0 cleanup", @more) . "\n";
}

# Check a configuration: { code, out }.
sub check {
	my ($socket, $main, $master, %settings) = @_;

	$site->write_config(socket => $socket, %settings);
	Gatepost::Test::write_file("$dir/etc/main.cf", join("\n",
	    'compatibility_level = 3.6', "queue_directory = $queue",
	    'mail_owner = postfix', 'mydestination =', 'relay_domains =',
	    'milter_default_action = tempfail',
	    'smtpd_forbid_bare_newline = normalize',
	    'non_smtpd_milters = $smtpd_milters', $main) . "\n");
	Gatepost::Test::write_file("$dir/etc/master.cf", $master);
	# Postfix waits 2 s for a file that may still be written.
	utime(time - 60, time - 60, "$dir/etc/main.cf", "$dir/etc/master.cf");
	return $site->gatepost('check', '--postfix', "$dir/etc");
}

my $sendmail = { sendmail => '/usr/sbin/sendmail' };
my $good = qr/^\S+: Gatepost is attached as it should be$/;
my @cases = (
	# what, our socket, main.cf, master.cf, exit code, what is said
	[ 'a socket below the queue, from it on, in a chroot',
	  "unix:$inside", 'smtpd_milters = unix:gatepost/milter.sock',
	  master('y', 'y'), 0, $good ],
	[ '... and without a chroot',
	  "unix:$inside", 'smtpd_milters = unix:gatepost/milter.sock',
	  master('n', 'n'), 0, $good ],
	[ '... as the chroot sees it',
	  "unix:$inside", 'smtpd_milters = unix:/gatepost/milter.sock',
	  master('y', 'y'), 0, $good ],
	[ '... so named without a chroot',
	  "unix:$inside", 'smtpd_milters = unix:/gatepost/milter.sock',
	  master('n', 'n'), 78, qr/error: smtpd_milters: .* is not our socket.* without a chroot .*write unix:gatepost\/milter\.sock$/m ],
	[ '... with its whole path in a chroot',
	  "unix:$inside", "smtpd_milters = unix:$inside",
	  master('y', 'y'), 78, qr/error: smtpd_milters: .* is not our socket.* chrooted .*write unix:gatepost\/milter\.sock$/m ],
	[ '... where cleanup alone is chrooted',
	  "unix:$inside", "smtpd_milters = unix:$inside",
	  master('n', 'y'), 78, qr/error: non_smtpd_milters: .* cleanup runs chrooted/ ],
	[ 'a socket elsewhere, without a chroot',
	  "unix:$outside", "smtpd_milters = unix:$outside",
	  master('n', 'n'), 0, $good ],
	[ '... "-" in the column is no chroot since Postfix 3',
	  "unix:$outside", "smtpd_milters = unix:$outside",
	  master('-', '-'), 0, $good ],
	[ '... but is one for who asks for older ways',
	  "unix:$outside",
	  "compatibility_level = 0\nsmtpd_milters = unix:$outside",
	  master('-', 'n'), 78, qr/error: smtpd runs chrooted in \Q$queue\E .*put the socket below/ ],
	[ '... behind postscreen',
	  "unix:$outside", "smtpd_milters = unix:$outside",
	  "smtp inet n - n - 1 postscreen\nsmtpd pass - - y - - smtpd\n",
	  78, qr/error: smtpd runs chrooted/ ],
	[ 'a socket whose name begins as ours',
	  "unix:$outside", "smtpd_milters = unix:${outside}2",
	  master('n', 'n'), 78, qr/error: smtpd_milters does not name Gatepost/ ],
	[ 'the other form of a path',
	  "unix:$outside", "smtpd_milters = unix:$dir/run/../run//milter.sock",
	  master('n', 'n'), 0, $good ],
	[ 'named in master.cf alone',
	  "unix:$outside", "smtpd_milters =\nnon_smtpd_milters = unix:$outside",
	  "smtp inet n - n - - smtpd\n -o smtpd_milters=unix:$outside\n" .
	  "cleanup unix n - n - 0 cleanup\n", 0, $good ],
	[ 'switched off in master.cf for the MX',
	  "unix:$outside", "smtpd_milters = unix:$outside",
	  "smtp inet n - n - - smtpd\n -o smtpd_milters=\n" .
	  "587 inet n - n - - smtpd\n", 78,
	  qr/error: smtp of master\.cf .* does not ask Gatepost/ ],
	[ '... by receive_override_options',
	  "unix:$outside", "smtpd_milters = unix:$outside",
	  "smtp inet n - n - - smtpd\n" .
	  " -o receive_override_options=no_milters\n" .
	  "587 inet n - n - - smtpd\n", 78,
	  qr/error: smtp of master\.cf .* does not ask Gatepost/ ],
	[ '... for submission alone: advice',
	  "unix:$outside", "smtpd_milters = unix:$outside",
	  master('n', 'n', '587 inet n - n - - smtpd',
	      ' -o smtpd_milters=inet:127.0.0.1:12345'), 0,
	  qr/advice: 587 of master\.cf .* does not ask Gatepost/ ],
	[ '... for a content filter\'s way back in: as it should be',
	  "unix:$outside", "smtpd_milters = unix:$outside",
	  master('n', 'n', '127.0.0.1:10025 inet n - n - - smtpd',
	      ' -o smtpd_milters='), 0, $good ],
	[ 'a milter behind us in master.cf',
	  "unix:$outside", "smtpd_milters = unix:$outside",
	  master('n', 'n', '587 inet n - n - - smtpd',
	      " -o smtpd_milters=unix:$outside,inet:127.0.0.1:12345"), 78,
	  qr/error: smtpd_milters of 587 in master\.cf: inet:127\.0\.0\.1:12345 stands behind/ ],
	[ 'in braces, with an action of its own',
	  "unix:$outside",
	  "smtpd_milters = { unix:$outside, default_action=accept }",
	  master('n', 'n'), 78, qr/error: default_action is "accept": / ],
	[ '... that is better than the one for all',
	  "unix:$outside", "milter_default_action = accept\n" .
	  "smtpd_milters = { unix:$outside, default_action = tempfail }",
	  master('n', 'n'), 0, $good ],
	[ 'TCP, by name', 'inet:8891@127.0.0.1',
	  'smtpd_milters = inet:localhost:8891', master('y', 'y'), 0, $good ],
	[ '... without a host in gatepost.conf', 'inet:8891',
	  'smtpd_milters = inet:127.0.0.1:8891', master('y', 'y'), 0, $good ],
	[ '... another port', 'inet:8891@127.0.0.1',
	  'smtpd_milters = inet:localhost:8892', master('y', 'y'), 78,
	  qr/does not name Gatepost; write smtpd_milters = inet:127\.0\.0\.1:8891$/m ],
	[ '... another host', 'inet:8891@127.0.0.1',
	  'smtpd_milters = inet:192.0.2.9:8891', master('y', 'y'), 78,
	  qr/does not name Gatepost/ ],
	[ '... every address of this host', 'inet:8891@0.0.0.0',
	  'smtpd_milters = inet:192.0.2.9:8891', master('y', 'y'), 0, $good ],
	[ '... of IPv6', 'inet6:8891@::1',
	  'smtpd_milters = inet:[::1]:8891', master('y', 'y'), 0, $good ],
	[ 'no milter for sendmail(1): advice', "unix:$outside",
	  "smtpd_milters = unix:$outside\nnon_smtpd_milters =",
	  master('n', 'n'), 0, qr/advice: non_smtpd_milters does not name/ ],
	[ 'other milters for some clients: advice', "unix:$outside",
	  "smtpd_milters = unix:$outside\n" .
	  'smtpd_milter_maps = cidr:/etc/postfix/maps',
	  master('n', 'n'), 0, qr/advice: smtpd_milter_maps is set/ ],
	[ 'recipients that nobody lists: advice', "unix:$outside",
	  "smtpd_milters = unix:$outside\nrelay_domains = a.example",
	  master('n', 'n'), 0, qr/advice: relay_recipient_maps is empty/ ],
	[ '... but the next host is asked', "unix:$outside",
	  "smtpd_milters = unix:$outside\nrelay_domains = a.example\n" .
	  'smtpd_recipient_restrictions = reject_unverified_recipient',
	  master('n', 'n'), 0, $good ],
);
for my $case (@cases) {
	my ($what, $socket, $main, $master, $code, $says) = @$case;
	my $run = check($socket, $main, $master, release => $sendmail);

	is($run->{code}, $code, "$what: exit $code");
	like($run->{out}, $says, '... says so') or diag($run->{err});
}

# The way back in for released mail.
my $back = '127.0.0.1:10026 inet n - n - - smtpd';
my $us = "smtpd_milters = unix:$outside";
my $smtp = { smtp => '127.0.0.1:10026' };
my $run = check("unix:$outside", $us, master('n', 'n', $back,
    ' -o smtpd_milters='), release => $smtp);
is($run->{code}, 0, 'a listener for released mail');
like($run->{out}, $good, '... without milters is as it should be');
$run = check("unix:$outside", $us, master('n', 'n', $back,
    ' -o receive_override_options=no_milters'), release => $smtp);
like($run->{out}, $good, '... whichever way they are switched off');
$run = check("unix:$outside", $us, master('n', 'n', $back),
    release => $smtp);
is($run->{code}, 78, '... that asks milters is an error');
like($run->{out}, qr/error: 127\.0\.0\.1:10026 of master\.cf .* asks milters/,
    '... which is said');
$run = check("unix:$outside", $us, master('n', 'n',
    '127.0.0.1:10027 inet n - n - - smtpd', ' -o smtpd_milters='),
    release => $smtp);
is($run->{code}, 78, '... and so is one at another port');
like($run->{out}, qr/no service of master\.cf listens there/,
    '... which is said, too');
$run = check("unix:$outside", $us, master('n', 'n'),
    release => { smtp => '192.0.2.25:10026' });
like($run->{out}, $good, 'a listener of another host is not ours to judge');

# Rights along the way to the socket.
my $group = getgrnam('nogroup');
my %release = (release => $sendmail);
chown(0, $group, $outside);
chmod(0660, $outside);
$run = check("unix:$outside", $us, master('n', 'n'), %release);
like($run->{out}, qr/error: only its owner and group may open \Q$outside\E/,
    'a socket of a group that Postfix is not in');
chown(0, scalar(getgrnam('postfix')), $outside);
$run = check("unix:$outside", $us, master('n', 'n'), %release);
like($run->{out}, $good, '... of its own');
chmod(0640, $outside);
$run = check("unix:$outside", $us, master('n', 'n'), %release);
like($run->{out}, qr/may not write to it: set socket_mode = "0660"/,
    '... to which the group may not write');
chmod(0666, $outside);
chmod(0750, "$dir/run");
$run = check("unix:$outside", $us, master('n', 'n'), %release);
is($run->{code}, 78, 'a folder that Postfix may not enter');
like($run->{out}, qr/error: postfix may not enter \Q$dir\E\/run, so it cannot/,
    '... is named');
chmod(0755, "$dir/run");

# Without /usr/sbin in PATH, as an admin has it who is not root.
SKIP: {
	skip('postconf is not in /usr/sbin', 1) unless -x '/usr/sbin/postconf';
	$site->write_config(socket => "unix:$outside", %release);
	$run = $site->run({ env => { PATH => '/bin:/usr/bin' } },
	    Gatepost::Test::program('gatepost'), '-c', $site->config_file,
	    'check', '--postfix', "$dir/etc");
	like($run->{out}, $good, 'postconf is found outside PATH');
}

done_testing();
