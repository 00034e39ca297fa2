#!/usr/bin/perl
#
# 100-daemon-start.t -- gatepostd starts, says what is wrong, reloads, stops

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Milter;
use Gatepost::Test;
use POSIX ();
use Socket qw(AF_UNIX IPPROTO_TCP TCP_NODELAY);
use Test::More;
use Time::HiRes qw(time sleep);

my $gatepostd = Gatepost::Test::program('gatepostd');

my $site = Gatepost::Test->new;
my $run = $site->run($gatepostd, '-V');
is($run->{code}, 0, '-V succeeds');
like($run->{out}, qr/^gatepostd \d+\.\d+/, '... and prints our version');
like($run->{out}, qr/^\Q$_\E \d+\.\d+/m, "... that of $_")
    foreach qw(GLib libmilter SQLite zstd libconfig PCRE2 libidn2 libpsl
    OpenSSL libunbound libevent libopendkim libarchive libseccomp);
is($run->{err}, '', '... and nothing else');
$run = $site->run($gatepostd, '-h');
is($run->{code}, 0, '-h succeeds');
like($run->{out}, qr/^usage: gatepostd .*^  -t /ms, '... and prints options');
$run = $site->run($gatepostd, '-x');
is($run->{code}, 64, 'an unknown option: exit 64');
like($run->{err}, qr/^usage: gatepostd /m, '... with the usage');

$run = $site->run($gatepostd, '-t', '-c', $site->config_file);
is($run->{code}, 0, '-t accepts a good configuration');

# A worker of another build would misread what it is asked.
$run = $site->run(Gatepost::Test::program('gatepost-worker'), '--serve', '0',
    '--build', '1');
is($run->{code}, 70, 'a worker of another build does not start');
like($run->{err}, qr/of another build .* restart gatepostd/,
    '... and says what to do');

# A broken configuration: each fault has its place, and nothing starts.
my @broken = (
	[ 'sokcet = "unix:/x";', qr/:1: unknown setting "sokcet"; did you mean "socket"/,
	  'an unknown key, with the nearest known one' ],
	[ "\n\nmode = \"obsrve\";", qr/:3: mode: "obsrve" is none of observe/,
	  'a word that is none' ],
	[ "workers = { min = 0; };", qr/:1: min must be 1 to/,
	  'a number out of bounds' ],
	[ "mode = \"tag\"\nmode = \"tag\";", qr/:2: /, 'a setting twice' ],
	[ "socket = \"unix:/x\n", qr/:\d+: syntax error/, 'a syntax error' ],
	[ "internal_networks = [ \"10.0.0.1/8\" ];", qr/:1: internal_networks: "10\.0\.0\.1\/8" is no network/,
	  'a network with bits behind its prefix' ],
	[ "tenants = ( { name = \"a b\"; domains = [ \"x.example\" ]; } );",
	  qr/:1: tenant "a b": a name is letters/, 'a tenant\'s name with a blank' ],
	[ "tenants = ( { name = \"a\"; domains = [ \"x.example\" ]; },\n" .
	  "{ name = \"b\"; domains = [ \"X.EXAMPLE\" ]; } );",
	  qr/:2: domain x\.example is of two tenants/, 'a domain of two tenants' ],
	[ "state_dir = \"var/lib\";", qr/:1: state_dir: "var\/lib" must be an absolute path/,
	  'a relative path' ],
	[ "min_free = 4294967299L;", qr/:1: min_free must be 0 to 90/,
	  'a number beyond 32 bits' ],
);
my $good = Gatepost::Test::read_file($site->config_file);
# What no single setting shows has its place, too.
my $tenant = "tenants = ( {\n name = \"a\";\n domains = [ \"a.example\" ];\n";
for ([ 'workers = { min = 9;' . "\n max = 2; };", 1, 'workers.min 9 is greater' ],
    (map { [ "\nsocket = \"$_->[0]\";", 2, $_->[1] ] }
	[ 'inet:99999@127.0.0.1', 'socket: "99999" is no port from 1' ],
	[ 'inet:0', 'socket: "0" is no port' ],
	[ 'inet6:@::1', 'socket: "" is no port' ],
	[ 'inet:8891x@127.0.0.1', 'socket: "8891x" is no port' ],
	[ 'unix:/' . 'x' x 107, 'socket: the path has more than the 107' ]),
    [ "control = {\nsocket = \"/" . 'x' x 107 . "\"; };", 2,
      'control.socket: the path has more than the 107' ],
    [ "\nsocket = \"tcp:1\";", 2, 'socket: "tcp:1"; write' ],
    [ "dns = { servers = [ \"127.0.0.1\",\n\"x\" ]; };", 2, 'dns.servers: "x"' ],
    [ "\n\nclamd = { socket = \"x\"; };", 3, 'clamd.socket: "x"; write' ],
    [ "release = { smtp =\n\"127.0.0.1\"; };", 1,
      'release.smtp: "127.0.0.1"; write HOST:PORT' ],
    [ "authserv_id = \"x\";\nupstreams = ( { name = \"u\";\n" .
      "authserv_id = \"X\"; } );", 3, 'upstream "u" has our own' ],
    [ "feeds = ( {\nname = \"f\"; kind = \"ip\"; } );", 1, 'feed "f" has no file' ],
    [ "tenants = ( );", 1, 'there is no tenant; see' ],
    [ "tenants = (\n{ name = \"a\"; domains = [ ]; } );", 2, 'tenant "a" has no domains' ],
    [ "$tenant } ,\n{ name = \"a\"; domains = [ \"b.example\" ]; } );", 5, 'two tenants are named "a"' ],
    (map { [ "$tenant $_->[0] } );", $_->[1], $_->[2] ] }
	[ "lists = [ \"/x\",\n\"y\" ];", 5, 'lists: "y" must be' ],
	[ "\nzone = \"Moon\";", 5, 'zone: "Moon" is no time zone' ],
	[ "\njunk_header = \"x\";", 5, 'junk_header: write' ],
	[ "admins = [ \"a\@b.example\",\n\n\"c\" ];", 6, 'admins: "c" is no' ],
	[ "users = {\n\nmap = \"bad\"; };", 6, 'users.map: ' ],
	[ "digest = {\naddress = \"x\@b.example\"; };", 5, 'digest.address: ' ],
	[ "reports = {\nphish = \"x\@b.example\"; };", 5, 'reports.phish: ' ],
	[ "candidates = { off = [\n\"x\" ]; };", 5, 'tenant "a", candidates.off: ' ],
	[ "alerts = { off = [\n\"x\" ]; };", 5, 'tenant "a", alerts.off: ' ],
	[ "protected_domains = [\n\"com\" ];", 5, 'protected_domains: "com"' ],
	[ "provisional = {\nreporters = 1; };", 5, 'tenant "a", provisional.reporters: ' ],
	[ "defects = ( { names = [\n\"x\" ]; action = \"tag\"; } );", 5, 'tenant "a", defects: "x"' ])) {
	my ($text, $line, $says) = @$_;

	$text .= "\n$tenant } );" unless $text =~ /tenants =/;
	push(@broken, [ $text, qr/^gatepostd: \S+\/broken\.conf:$line: \Q$says\E/m,
	    $says ]);
}
push(@broken, [ '', qr{^gatepostd: \S+/broken\.conf: tenants is needed\n\z},
    'what is missing from the whole file' ]);
for my $case (@broken) {
	my ($text, $says, $what) = @$case;

	Gatepost::Test::write_file($site->dir . '/broken.conf', $text);
	$run = $site->run($gatepostd, '-t', '-c', $site->dir . '/broken.conf');
	is($run->{code}, 78, "$what: exit 78");
	like($run->{err}, $says, '... with its place');
}
$run = $site->run($gatepostd, '-t', '-c', $site->dir . '/none.conf');
is($run->{code}, 78, 'no file: exit 78');
like($run->{err}, qr/none\.conf.*cannot be read/, '... and a word');

# A path that is no socket is not removed, one in use neither.
my $path = $site->socket =~ s/^unix://r;
Gatepost::Test::write_file($path, 'precious');
$run = $site->run({ seconds => 10 }, $gatepostd, '-f', '-c',
    $site->config_file);
is($run->{code}, 69, 'a file where the socket should be: does not start');
like($run->{err}, qr/is no socket; move it away/, '... and says what to do');
is(Gatepost::Test::read_file($path), 'precious', '... and leaves it alone');
unlink $path;

$site->start;
ok($site->pid, 'it starts and writes its pid');
ok(-S $path, 'the socket is there');
is(sprintf('%04o', (stat $path)[2] & 07777), '0666', '... with its mode');
is(scalar(my @w = $site->worker_pids), 2, 'workers.min workers stand ready');
ok($site->front_pid, 'there is a front');
my $user = getpwnam('nobody');
if ($> == 0) {
	my @owners = map { (stat "/proc/$_")[4] } $site->pid,
	    $site->front_pid, $site->worker_pids;
	is(scalar(grep { $_ == 0 } @owners), 0, 'nothing of it runs as root');
}
my $second = $site->run({ seconds => 10 }, $gatepostd, '-f', '-c',
    $site->config_file);
is($second->{code}, 69, 'a second daemon does not start');
like($second->{err}, qr/is in use; is another gatepostd running/,
    '... and says why');
is($site->milter_message(rcpt => 'jane@example.org')->{verdict}, 'continue',
    '... and the first one still serves');

# HUP and USR1 reload; a broken configuration is kept out.
for my $signal (qw(HUP USR1)) {
	my $before = () = $site->log =~ /reloaded/g;
	kill $signal, $site->pid;
	ok(Gatepost::Test::wait_for(5, sub {
		(() = $site->log =~ /reloaded/g) > $before }),
	    "$signal reloads");
}
my $pid = $site->pid;
Gatepost::Test::write_file($site->config_file, $good . "nonsense = 1;\n");
$site->reload;
ok($site->wait_log(qr/ config-fault at="\Q${\$site->config_file}\E:\d+" reason="unknown setting 'nonsense'/, 5),
    'a broken configuration is named at reload');
ok($site->wait_log(qr/the old configuration stays in force/, 5),
    '... and kept out');
is($site->milter_message(rcpt => 'jane@example.org')->{verdict}, 'continue',
    '... and mail goes on');
Gatepost::Test::write_file($site->config_file, $good);

# Many reloads at once lose nothing.
for (1 .. 200) {
	kill 'HUP', $pid;
	sleep 0.002;
}
is($site->milter_message(rcpt => 'jane@example.org')->{verdict}, 'continue',
    '200 HUPs in a row: it still serves');
is($site->pid, $pid, '... and is the same process');

my $seconds = $site->stop;
ok(defined $seconds, 'TERM stops it');
cmp_ok($seconds // 99, '<', 5, '... within 5 seconds');
ok(!-e $site->pid_file, '... and takes its pid file away');
is(scalar(grep { /gatepost/ } map { $_->{name} // '' }
    Gatepost::Test::descendants($$)), 0, '... and nothing of it is left');

# A stale socket is no hindrance.
socket(my $stale, AF_UNIX, Socket::SOCK_STREAM(), 0);
unlink $path;
bind($stale, Socket::pack_sockaddr_un($path)) or die "bind: $!";
close $stale;
$site->start;
ok($site->pid, 'a stale socket is removed');
$site->stop;

# inet: bound by the supervisor, with TCP_NODELAY inherited; without it each
# message waits for a delayed acknowledgement.
my $inet = Gatepost::Test->new(socket => 'inet');
$inet->start;
is($inet->milter_message(rcpt => 'jane@example.org')->{verdict}, 'continue',
    'an inet socket serves, too');
my ($port) = $inet->socket =~ /:(\d+)/;

# The value of TCP_NODELAY of each of PID's sockets at our port that is in
# STATE, as /proc/net/tcp has it; nothing where we may not look.
sub nodelay {
	my ($pid, $state) = @_;
	my %inodes = map { $_ => 1 } map { (split ' ')[9] }
	    grep { /^ *\d+: [0-9A-F]+:@{[sprintf('%04X', $port)]} \S+ $state / }
	    split(/\n/, Gatepost::Test::read_file('/proc/net/tcp'));
	my $pidfd = syscall(434, $pid + 0, 0);	# pidfd_open(2)
	my @found;

	foreach my $path (glob("/proc/$pid/fd/*")) {
		my ($inode) = (readlink($path) // '') =~ /^socket:\[(\d+)\]/;

		next unless defined($inode) && $inodes{$inode};
		# pidfd_getfd(2)
		my $fd = syscall(438, $pidfd, $path =~ s{.*/}{}r + 0, 0);
		next if $fd < 0 || !open(my $socket, '+<&=', $fd);
		push(@found, unpack('i', getsockopt($socket, IPPROTO_TCP,
		    TCP_NODELAY)));
	}
	POSIX::close($pidfd) if $pidfd >= 0;
	return @found;
}
SKIP: {
	my @listening = nodelay($inet->pid, '0A');
	my $open = Gatepost::Milter->new($inet->socket);
	my @open;

	skip('nobody may look into other processes here', 2)
	    unless @listening;
	$open->negotiate;
	@open = nodelay($inet->front_pid, '01');
	is("@listening", '1', 'its listening socket has TCP_NODELAY');
	is("@open", '1', '... and so has a session');
}
$inet->stop;

# Users and groups that this system does not have.
SKIP: {
	skip('only root becomes another', 6) if $> != 0;
	my $text = Gatepost::Test::read_file($site->config_file);

	foreach my $setting (qw(user group socket_group)) {
		my $other = $site->dir . '/nobody.conf';

		Gatepost::Test::write_file($other,
		    ($text =~ s/^\Q$setting\E = [^\n]*\n//mr) .
		    "$setting = \"nosuch\";\n");
		$run = $site->run({ seconds => 10 }, $gatepostd, '-f', '-c',
		    $other);
		is($run->{code}, 69, "$setting: nobody knows it: exit 69");
		like($run->{err}, qr/\Q$other\E: $setting nosuch is not known to this system: make it, or name another/,
		    '... which is said, with what to do');
	}
}

# The mail server's group may open the socket, in a folder made for it.
SKIP: {
	my $gid = getgrnam('daemon');

	skip('only root gives a socket to a group', 5)
	    if $> != 0 || !defined($gid);
	my $new = $site->dir . '/made';

	chown((getpwnam('nobody'))[2, 3], $site->dir);
	$site->write_config(socket => "unix:$new/milter.sock",
	    socket_group => 'daemon', socket_mode => '0660');
	$site->{socket} = "unix:$new/milter.sock";
	$site->start;
	is((stat("$new/milter.sock"))[5], $gid, 'socket_group has the socket');
	is(sprintf('%04o', (stat(_))[2] & 07777), '0660', '... with socket_mode');
	is((stat($new))[5], $gid, '... and its folder, which was made');
	is(sprintf('%04o', (stat(_))[2] & 07777), '0750', '... for it to enter');
	isnt((stat(_))[4], 0, '... and is not root\'s');
	$site->stop;
}

done_testing();
