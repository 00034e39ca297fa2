# Gatepost::Test -- a private site for one test: daemon, lists, mail server
#
#	my $site = Gatepost::Test->new(lists => { example => "block ..." });
#	$site->start;
#	$site->postfix_start;
#	my $answer = $site->smtp(rcpt => ['jane@example.org'], data => $mail);
#
# All of it lives in one folder of its own and uses ports of loopback that
# are free; whatever was started is stopped and the folder removed at the
# end, also when the test dies.  GATEPOST_BUILD names the folder of the build
# (default: the current one); GATEPOST_KEEP=1 leaves the site's folder.
package Gatepost::Test;

use strict;
use warnings;

use B ();
use Cwd ();
use Errno qw(ECHILD);
use File::Basename ();
use File::Copy ();
use File::Path ();
use File::Temp ();
use IO::Socket::INET ();
use IO::Socket::UNIX ();
use JSON::PP ();
use POSIX qw(:sys_wait_h setpgid);
use Scalar::Util qw(looks_like_number weaken);
use Test::More ();
use Time::HiRes qw(sleep time);

use constant {
	START_SECONDS => 30,	# until the daemon must be ready
	STOP_SECONDS => 30,	# until it must be gone
	RUN_SECONDS => 120,	# for one run of a command
	SMTP_SECONDS => 120,	# for one answer of the mail server
};

my $build = Cwd::abs_path($ENV{GATEPOST_BUILD} || '.');
my $tools = Cwd::abs_path(File::Basename::dirname(__FILE__) . '/../../tools');
my %sites;		# those that must be cleaned up, weakly
my $copies;		# folder of copies, when nobody cannot reach the build
my $reports = 0;	# of sanitizers
my $owner = $$;		# a child that a test forks cleans up nothing

# --- what a test may need -------------------------------------------------

sub installed {
	my ($program) = @_;

	foreach my $dir (split(/:/, $ENV{PATH} || ''), '/usr/sbin', '/sbin') {
		return "$dir/$program" if -x "$dir/$program" &&
		    !-d "$dir/$program";
	}
	return undef;
}

# Skip the whole test, with a word, unless all that is named is there: "root"
# or a program.  To be called before the first test is run.
sub need {
	my ($class, @things) = @_;

	foreach my $thing (@things) {
		Test::More::plan(skip_all => 'needs to be run by root')
		    if $thing eq 'root' && $> != 0;
		Test::More::plan(skip_all => "$thing is not installed")
		    if $thing ne 'root' && !installed($thing);
	}
}

sub program {
	my ($name) = @_;

	return _place('milter') . "/$name" if $name =~ /^gatepost/;
	return _place('t/tools') . "/$name";
}

# Run by root, the daemon and its workers become "nobody"; may that one enter
# FOLDER?
sub reachable {
	my ($folder) = @_;
	my ($uid, $gid) = (getpwnam('nobody'))[2, 3];
	my $pid = fork();

	die "fork: $!\n" unless defined $pid;
	if ($pid == 0) {
		$) = "$gid $gid";
		$> = $uid;
		POSIX::_exit(-x "$folder/." ? 0 : 1);
	}
	waitpid($pid, 0);
	return $? == 0;
}

# Where the programs of the build's FOLDER are run from: there, or in copies
# when the build is in a private place like /root.
sub _place {
	my ($folder) = @_;

	if (!defined $copies) {
		$copies = '';
		if ($> == 0 && !reachable($build)) {
			$copies = File::Temp::mkdtemp(($ENV{TMPDIR} ||
			    '/tmp') . '/gatepost-XXXXXX')
			    or die "mkdtemp: $!\n";
			chmod(0755, $copies);
			_copy('milter', glob("$build/milter/gatepost*"));
			_copy('t/tools', glob("$build/t/tools/*"));
		}
	}
	return ($copies || $build) . "/$folder";
}

sub _copy {
	my ($folder, @files) = @_;

	File::Path::make_path("$copies/$folder");
	foreach my $file (grep { -f && -x } @files) {
		my $to = "$copies/$folder/" . File::Basename::basename($file);

		File::Copy::copy($file, $to) or die "$file: $!\n";
		chmod(0755, $to);
	}
}

# The sanitizers that the build has, by name; "" for none.
sub sanitizers {
	return (read_file("$build/Makefile") || '') =~
	    /^SANITIZE = .*-fsanitize=(\S+)/m ? $1 : '';
}

# A build by --enable-sanitize knows here what is no fault of ours: what is
# still allocated when a program ends, and what libmilter does.  The workers
# read the file of the latter as well, so it must be where they can.
sub _settle_sanitizer {
	$ENV{ASAN_OPTIONS} = 'detect_leaks=0:verify_asan_link_order=0'
	    if sanitizers() =~ /address/ && !defined $ENV{ASAN_OPTIONS};
	return if sanitizers() !~ /thread/ || defined $ENV{TSAN_OPTIONS};
	my $file = "$tools/tsan.supp";

	if ($> == 0 && !reachable($tools)) {
		_place('t/tools');
		$file = _place('t/tools') . '/tsan.supp';
		File::Path::make_path(_place('t/tools'));
		File::Copy::copy("$tools/tsan.supp", $file);
		chmod(0644, $file);
	}
	# It sees no lock of GLib's own, like those of its allocator.
	$ENV{G_SLICE} = 'always-malloc';
	$ENV{TSAN_OPTIONS} = "suppressions=$file report_thread_leaks=0";
}

sub free_port {
	my $used = \our %ports;

	foreach (1 .. 1000) {
		# Below the range that outgoing connections take.
		my $port = 20000 + int(rand(12000));

		next if $used->{$port}++;
		return $port if IO::Socket::INET->new(
			LocalAddr => '127.0.0.1', LocalPort => $port,
			Listen => 1);
	}
	die "no free port\n";
}

# --- the site -------------------------------------------------------------

# config	a hash of settings over the default ones, or the whole text
# settings	more settings as text, behind the others
# tenant	a hash of settings over those of the one default tenant
# tenants	a list of hashes instead of that tenant
# lists		list files: name => text or lines
# socket	"unix" (default) or "inet"
# env		environment of the daemon, a hash
# wrap		command that the daemon is run by, a list: ['strace', '-D']
#
# In texts @DIR@ stands for the folder, @RELEASE_PORT@ for the port of the
# listener without milters.
sub new {
	my ($class, %arg) = @_;
	my $dir = File::Temp::mkdtemp(($ENV{TMPDIR} || '/tmp') .
	    '/gatepost-XXXXXX') or die "mkdtemp: $!\n";
	_settle_sanitizer();
	my $self = bless {
		owner => $$, dir => $dir, pids => {}, exits => {},
		release_port => free_port(), smtp_port => free_port(),
		env => $arg{env} || {}, wrap => $arg{wrap} || [],
		text => undef,
		settings => $arg{settings} || '',
	}, $class;

	weaken($sites{$self + 0} = $self);
	_forget_clocks();
	chmod(0755, $dir);
	mkdir("$dir/$_") foreach qw(lists run state);
	if ($> == 0) {
		$self->{user} = 'nobody';
		my ($uid, $gid) = (getpwnam('nobody'))[2, 3];
		chown($uid, $gid, "$dir/run", "$dir/state");
	}
	$self->{socket} = ($arg{socket} || 'unix') eq 'inet' ?
	    'inet:' . free_port() . '@127.0.0.1' :
	    "unix:$dir/run/milter.sock";
	$self->_settle(%arg);
	$self->write_config;
	return $self;
}

# Take the settings together and write the lists.
sub _settle {
	my ($self, %arg) = @_;
	my $dir = $self->{dir};
	my %lists = %{$arg{lists} || {}};
	my @tenants = $arg{tenants} ? @{$arg{tenants}} :
	    ({ name => 'example', domains => ['example.org'],
	       %{$arg{tenant} || {}} });

	foreach my $tenant (@tenants) {
		my $name = $tenant->{name};

		$lists{$name} = '' unless defined $lists{$name};
		$tenant = { lists => ["$dir/lists/$name.list"], %$tenant };
	}
	$self->write_list($_, $lists{$_}) foreach sort keys %lists;
	$self->{domains} = [map { @{$_->{domains} || []} } @tenants];
	if (defined $arg{config} && !ref $arg{config}) {
		$self->{text} = $arg{config};
		return;
	}
	$self->{config} = {
		socket => $self->{socket},
		state_dir => "$dir/state",
		tenants => \@tenants,
		$> == 0 ? (user => 'nobody', group => 'nogroup',
			   socket_mode => '0666') : (),
		# No test asks the machine's resolvers.
		authentication => 'upstream',
		%{$arg{config} || {}},
	};
}

sub dir { return $_[0]->{dir} }
sub config_file { return $_[0]->{dir} . '/gatepost.conf' }
sub state_dir { return $_[0]->{dir} . '/state' }
sub socket { return $_[0]->{socket} }
sub release_port { return $_[0]->{release_port} }
sub smtp_port { return $_[0]->{smtp_port} }
sub pid_file { return $_[0]->{dir} . '/run/gatepostd.pid' }

# A Perl value in the syntax of libconfig.  Numbers that never were strings
# are numbers; \1 and \0 are true and false.
sub libconfig {
	my ($value) = @_;

	if (ref $value eq 'HASH') {
		return '{ ' . join('', map {
			"$_ = " . libconfig($value->{$_}) . '; '
		} sort keys %$value) . '}';
	}
	if (ref $value eq 'ARRAY') {
		my $all = join(', ', map { libconfig($_) } @$value);

		return grep({ ref } @$value) ? "( $all )" : "[ $all ]";
	}
	return $$value ? 'true' : 'false' if ref $value;
	return $value if looks_like_number($value) &&
	    !(B::svref_2object(\$value)->FLAGS & B::SVf_POK);
	$value =~ s/(["\\])/\\$1/g;
	return "\"$value\"";
}

# Write gatepost.conf; settings given are put over those that stood before.
sub write_config {
	my ($self, %settings) = @_;
	my $text = $self->{text};

	if (!defined $text) {
		my $config = $self->{config};

		$config->{$_} = $settings{$_} foreach keys %settings;
		$text = join('', map {
			"$_ = " . libconfig($config->{$_}) . ";\n"
		} sort keys %$config) . $self->{settings};
	}
	$text =~ s/\@DIR\@/$self->{dir}/g;
	$text =~ s/\@RELEASE_PORT\@/$self->{release_port}/g;
	write_file($self->config_file, $text);
}

# Replace a list file as an editor or a configuration manager would.
sub write_list {
	my ($self, $name, $text) = @_;

	$text = join('', map { "$_\n" } @$text) if ref $text;
	$text .= "\n" if $text =~ /[^\n]\z/;
	write_file("$self->{dir}/lists/$name.list", $text);
}

sub write_file {
	my ($path, $text) = @_;

	open(my $file, '>:raw', "$path.new") or die "$path: $!\n";
	utf8::encode($text) if utf8::is_utf8($text);
	print $file $text;
	close($file) or die "$path: $!\n";
	rename("$path.new", $path) or die "$path: $!\n";
}

sub read_file {
	my ($path) = @_;

	open(my $file, '<:raw', $path) or return undef;
	local $/;
	my $text = <$file>;
	return defined $text ? $text : '';
}

# Wait until CODE is true, $seconds at most; what it returned.
sub wait_for {
	my ($seconds, $code) = @_;
	my $end = time + $seconds;
	my $got;

	while (!($got = $code->()) && time < $end) {
		sleep(0.02);
	}
	return $got;
}

# --- processes ------------------------------------------------------------

# Take VALUES into our environment; options of sanitizers are added to those
# that stand there.
sub _environment {
	my (%values) = @_;

	foreach my $name (keys %values) {
		$ENV{$name} = $name =~ /SAN_OPTIONS$/ && $ENV{$name} ?
		    "$ENV{$name}:$values{$name}" : $values{$name};
	}
}

# Start a program in a process group of its own; its output goes to
# DIR/NAME.log.  It is ended with the site at the latest.
sub spawn {
	my ($self, $name, @command) = @_;
	my $log = "$self->{dir}/$name.log";
	my $pid = fork();

	die "fork: $!\n" unless defined $pid;
	if ($pid == 0) {
		setpgid(0, 0);
		open(STDIN, '<', '/dev/null');
		open(STDOUT, '>>', $log);
		open(STDERR, '>&', \*STDOUT);
		_environment(%{$self->{env}});
		$SIG{$_} = 'DEFAULT' foreach qw(INT TERM HUP);
		no warnings 'exec';
		exec { $command[0] } @command;
		print STDERR "$command[0]: $!\n";
		POSIX::_exit(127);
	}
	setpgid($pid, $pid);
	$self->{pids}{$name} = $pid;
	delete $self->{exits}{$name};
	return $pid;
}

# Is the program NAME still there?  Once it is not, its status is kept.
sub running {
	my ($self, $name) = @_;
	my $pid = $self->{pids}{$name} or return 0;

	if (waitpid($pid, WNOHANG) == $pid) {
		$self->{exits}{$name} = $?;
		kill('KILL', -$pid);	# what it may have left behind
		delete $self->{pids}{$name};
		return 0;
	}
	return 1;
}

# End the program NAME: TERM, and after $seconds the hard way.  Returns how
# many seconds it took, or undef when it had to be killed.
sub end {
	my ($self, $name, $seconds) = @_;
	my $begin = time;
	my $pid = $self->{pids}{$name} or return 0;

	kill('TERM', $pid);
	return time - $begin
	    if wait_for($seconds, sub { !$self->running($name) });
	kill('KILL', -$pid);
	wait_for(10, sub { !$self->running($name) });
	return undef;
}

# faketime leaves a file of shared memory when it was killed, and fails when
# there is one of its process id.
sub _forget_clocks {
	foreach my $file (glob('/dev/shm/faketime_shm_*'),
	    glob('/dev/shm/sem.faketime_sem_*')) {
		unlink($file) if $file =~ /_(\d+)\z/ && !-d "/proc/$1";
	}
}

# Run a command to its end: { out, err, code }; a signal counts as 128 more.
# The first argument may be a hash: stdin => text, seconds, env => hash, in
# (how far its clock is from ours, "+31d"; needs faketime).
sub run {
	my ($self, @command) = @_;
	my $how = ref $command[0] ? shift(@command) : {};

	if ($how->{in}) {
		_forget_clocks();
		unshift(@command, 'faketime', '-f', $how->{in});
	}
	my $at = "$self->{dir}/command." . ++$self->{runs};
	my $end = time + ($how->{seconds} || RUN_SECONDS);
	my $pid;

	write_file("$at.in", defined $how->{stdin} ? $how->{stdin} : '');
	$pid = fork();
	die "fork: $!\n" unless defined $pid;
	if ($pid == 0) {
		setpgid(0, 0);
		open(STDIN, '<', "$at.in");
		open(STDOUT, '>', "$at.out");
		open(STDERR, '>', "$at.err");
		_environment(%{$how->{env} || {}});
		$SIG{$_} = 'DEFAULT' foreach qw(INT TERM HUP);
		no warnings 'exec';
		exec { $command[0] } @command;
		print STDERR "$command[0]: $!\n";
		POSIX::_exit(127);
	}
	setpgid($pid, $pid);
	while (waitpid($pid, WNOHANG) == 0) {
		kill('KILL', -$pid) if time > $end;
		sleep(0.005);
	}
	my %result = (
		code => $? & 127 ? 128 + ($? & 127) : $? >> 8,
		out => read_file("$at.out"), err => read_file("$at.err"),
	);
	unlink("$at.in", "$at.out", "$at.err");
	return \%result;
}

# All descendants of process $of: { pid, parent, name, command }.
sub descendants {
	my ($of) = @_;
	my (%children, @found);
	my @next = ($of);

	foreach my $path (glob('/proc/[0-9]*/stat')) {
		my $stat = read_file($path);

		next unless defined $stat &&
		    $stat =~ /^(\d+) \((.*)\) (\S) (\d+) /s && $3 ne 'Z';
		push(@{$children{$4}},
		    { pid => $1, parent => $4, name => $2 });
	}
	while (@next) {
		foreach my $child (@{$children{shift(@next)} || []}) {
			my $command = read_file("/proc/$child->{pid}/cmdline");

			$command = '' unless defined $command;
			$command =~ tr/\0/ /;
			$child->{command} = $command;
			push(@found, $child);
			push(@next, $child->{pid});
		}
	}
	return @found;
}

# --- the daemon -----------------------------------------------------------

# Does somebody answer at this milter socket?
sub listening {
	my ($socket) = @_;

	return IO::Socket::UNIX->new(Peer => $1) ? 1 : 0
	    if $socket =~ /^(?:unix|local):(.*)/;
	$socket =~ /^inet:(\d+)(?:\@(.*))?/ or die "$socket: what is it?\n";
	return IO::Socket::INET->new(PeerPort => $1,
	    PeerAddr => $2 || '127.0.0.1', Timeout => 5) ? 1 : 0;
}

# Start gatepostd and wait until it is ready; dies, with the end of the log,
# when it does not come up.
sub start {
	my ($self, @options) = @_;
	my $program = program('gatepostd');

	die "$program is not built\n" unless -x $program;
	unlink($self->pid_file) if !$self->running('gatepostd');
	$self->spawn('gatepostd', @{$self->{wrap}}, $program, '-f', '-c',
	    $self->config_file, '-P', $self->pid_file, @options);
	wait_for(START_SECONDS, sub {
		!$self->running('gatepostd') ||
		    (-s $self->pid_file && listening($self->{socket}));
	});
	return $self if $self->running('gatepostd') && -s $self->pid_file;
	my $why = defined $self->{exits}{gatepostd} ?
	    'ended with exit ' . ($self->{exits}{gatepostd} >> 8) .
	    ' signal ' . ($self->{exits}{gatepostd} & 127) :
	    'was not ready in time';
	$self->end('gatepostd', 1);
	die "gatepostd $why:\n" . $self->log_tail;
}

# How many seconds the daemon took to stop; undef when it had to be killed.
sub stop {
	my ($self) = @_;

	return $self->end('gatepostd', STOP_SECONDS);
}

# The daemon, as after a crash of all its processes at once.
sub restart {
	my ($self) = @_;

	if (my $pid = $self->pid) {
		kill('STOP', $pid);	# or it starts others meanwhile
		kill('KILL', $pid, map { $_->{pid} } descendants($pid));
		wait_for(5, sub { !$self->running('gatepostd') });
		# A process that was killed is there for a moment still.
		wait_for(5, sub { !listening($self->{socket}) });
	}
	return $self->start;
}

sub reload {
	my ($self) = @_;

	return kill('HUP', $self->pid);
}

# The supervisor's process id, 0 when it does not run.
sub pid {
	my ($self) = @_;

	return $self->running('gatepostd') ? $self->{pids}{gatepostd} : 0;
}

sub front_pid {
	my ($self) = @_;
	my $pid = $self->pid or return 0;

	foreach my $process (descendants($pid)) {
		return $process->{pid} if $process->{name} =~ /front/ ||
		    $process->{command} =~ /front/;
	}
	return 0;
}

sub worker_pids {
	my ($self) = @_;
	my $pid = $self->pid or return ();

	return map { $_->{pid} } grep { $_->{name} eq 'gatepost-worker' }
	    descendants($pid);
}

sub log {
	my ($self) = @_;
	my $text = read_file("$self->{dir}/gatepostd.log");

	return defined $text ? $text : '';
}

sub log_tail {
	my ($self) = @_;
	my @lines = split(/^/, $self->log);

	return join('', @lines > 30 ? @lines[-30 .. -1] : @lines);
}

# Wait until the log matches; true when it does.
sub wait_log {
	my ($self, $pattern, $seconds) = @_;

	return wait_for($seconds || 10, sub { $self->log =~ $pattern });
}

# --- the command ----------------------------------------------------------

# Run "gatepost -c FILE ...": { out, err, code }.  See run() for a hash in
# front of the arguments.
sub gatepost {
	my ($self, @args) = @_;
	my @how = ref $args[0] ? shift(@args) : ();

	return $self->run(@how, program('gatepost'), '-c',
	    $self->config_file, @args);
}

# The same with --json, decoded; dies when that was no JSON.
sub json {
	my ($self, @args) = @_;
	my @how = ref $args[0] ? shift(@args) : ();
	my $result = $self->gatepost(@how, '--json', @args);
	my $json = eval { JSON::PP::decode_json($result->{out}) };

	die "gatepost @args: no JSON, exit $result->{code}\n" .
	    "$result->{out}$result->{err}" unless defined $json;
	return $json;
}

# --- mail straight to the milter ------------------------------------------

# Run the load driver against the daemon's socket, or that of --socket in
# ARGS.  What it printed, with its log as a list in {log}.
sub driver {
	my ($self, @args) = @_;
	my $log = "$self->{dir}/driver.log";
	my $result = $self->run({ seconds => 600 }, program('driver'),
	    '--socket', $self->{socket}, '--log', $log, @args);
	my $sum = eval { JSON::PP::decode_json($result->{out}) };

	die "driver @args: exit $result->{code}\n$result->{out}" .
	    $result->{err} unless defined $sum;
	$sum->{log} = [map { JSON::PP::decode_json($_) }
	    split(/\n/, read_file($log) || '')];
	return $sum;
}

# Send one mail and say what became of it: { verdict, reply, rcpts => [[
# address, verdict ] ...], edits => [[ kind, ... ] ...], ... }.  Takes from,
# rcpt (one or a list), data or file, client, client_name, helo, macros (a
# list of STAGE:NAME=VALUE), socket.
sub milter_message {
	my ($self, %arg) = @_;
	my @args = ('--messages', 1, '--no-unique');
	my $file = $arg{file};

	if (defined $arg{data}) {
		$file = "$self->{dir}/driver.eml";
		write_file($file, $arg{data});
	}
	push(@args, '--mail', $file) if defined $file;
	foreach my $name (qw(socket from client client_name helo timeout)) {
		my $option = $name =~ tr/_/-/r;

		push(@args, "--$option", $arg{$name}) if defined $arg{$name};
	}
	push(@args, '--rcpt', $_) foreach ref $arg{rcpt} ? @{$arg{rcpt}} :
	    defined $arg{rcpt} ? ($arg{rcpt}) : ();
	push(@args, '--macro', $_) foreach @{$arg{macros} || []};
	return $self->driver(@args)->{log}[0];
}

# --- a private Postfix ----------------------------------------------------

my $master_services = <<'EOT';
pickup    unix  n  -  n  60    1  pickup
cleanup   unix  n  -  n  -     0  cleanup
qmgr      unix  n  -  n  300   1  qmgr
rewrite   unix  -  -  n  -     -  trivial-rewrite
bounce    unix  -  -  n  -     0  bounce
defer     unix  -  -  n  -     0  bounce
trace     unix  -  -  n  -     0  bounce
verify    unix  -  -  n  -     1  verify
flush     unix  n  -  n  1000? 0  flush
proxymap  unix  -  -  n  -     -  proxymap
proxywrite unix -  -  n  -     1  proxymap
smtp      unix  -  -  n  -     -  smtp
relay     unix  -  -  n  -     -  smtp
showq     unix  n  -  n  -     -  showq
error     unix  -  -  n  -     -  error
retry     unix  -  -  n  -     -  error
discard   unix  -  -  n  -     -  discard
virtual   unix  -  n  n  -     -  virtual
anvil     unix  -  -  n  -     1  anvil
scache    unix  -  -  n  -     1  scache
postlog   unix-dgram n - n - 1 postlogd
EOT

sub _main_cf {
	my ($self, %arg) = @_;
	my $at = "$self->{dir}/postfix";
	my ($uid, $gid) = (getpwnam('postfix'))[2, 3];
	my %main = (
		compatibility_level => '3.6',
		queue_directory => "$at/spool",
		data_directory => "$at/data",
		command_directory => '/usr/sbin',
		daemon_directory => '/usr/lib/postfix/sbin',
		shlib_directory => '/usr/lib/postfix',
		meta_directory => '/etc/postfix',
		mail_owner => 'postfix',
		setgid_group => 'postdrop',
		maillog_file => "$at/log/maillog",
		maillog_file_prefixes => $at,
		inet_interfaces => '127.0.0.1',
		inet_protocols => 'all',	# XCLIENT claims IPv6
		myhostname => 'mx.test.example',
		mydomain => 'test.example',
		myorigin => 'test.example',
		mydestination => '',
		mynetworks => '127.0.0.0/8',
		smtpd_relay_restrictions =>
		    'permit_mynetworks, reject_unauth_destination',
		disable_dns_lookups => 'yes',
		smtpd_peername_lookup => 'no',
		local_header_rewrite_clients => '',
		remote_header_rewrite_domain => '',
		alias_maps => '',
		alias_database => '',
		local_recipient_maps => '',
		virtual_mailbox_domains => join(' ', @{$self->{domains}}),
		virtual_mailbox_base => "$at/mail",
		# One folder for all: mailbox() looks at Delivered-To.
		virtual_mailbox_maps => 'static:all/',
		virtual_uid_maps => "static:$uid",
		virtual_gid_maps => "static:$gid",
		default_transport => 'error:this site sends no mail out',
		smtpd_milters => $arg{milter} || $self->{socket},
		non_smtpd_milters => '$smtpd_milters',
		milter_default_action => 'tempfail',
		smtpd_authorized_xclient_hosts => '127.0.0.0/8',
		%{$arg{main} || {}},
	);

	my $more = $arg{main_text} || '';

	delete @main{$more =~ /^(\w+)\s*=/mg};
	return join('', map { "$_ = $main{$_}\n" } sort keys %main) . $more;
}

# The two listeners: one for mail from outside, and one without milters by
# which released mail comes back in.
sub _master_cf {
	my ($self, %arg) = @_;

	return <<"EOT" . $master_services . ($arg{master} || '');
127.0.0.1:$self->{smtp_port} inet n - n - - smtpd
127.0.0.1:$self->{release_port} inet n - n - - smtpd
    -o syslog_name=postfix/release
    -o smtpd_milters=
    -o receive_override_options=no_milters,no_header_body_checks
EOT
}

# Start a Postfix of our own, never the system's.  Takes milter (default the
# daemon's socket), main (a hash over main.cf), main_text (lines over it),
# master (more lines of master.cf), check (say "postfix check" first: 2 s).
sub postfix_start {
	my ($self, %arg) = @_;
	my $at = "$self->{dir}/postfix";
	my ($uid, $gid) = (getpwnam('postfix'))[2, 3];
	my $result;

	(ref $self)->need(qw(root postfix));
	File::Path::make_path(map { "$at/$_" }
	    qw(etc spool data log mail mail/all));
	chown($uid, $gid, map { "$at/$_" } qw(data mail mail/all));
	write_file("$at/etc/main.cf", $self->_main_cf(%arg));
	write_file("$at/etc/master.cf", $self->_master_cf(%arg));
	foreach my $verb ($arg{check} ? 'check' : (), 'start') {
		$result = $self->run('/usr/sbin/postfix', '-c', "$at/etc",
		    $verb);
		die "postfix $verb: exit $result->{code}\n" .
		    "$result->{out}$result->{err}" . $self->mail_log
		    if $result->{code} != 0;
	}
	wait_for(10, sub {
		listening("inet:$self->{smtp_port}") &&
		    listening("inet:$self->{release_port}");
	}) or die "postfix does not listen:\n" . $self->mail_log;
	return $self;
}

# The process id of this Postfix, 0 when it does not run.
sub postfix_pid {
	my ($self) = @_;
	my $at = "$self->{dir}/postfix/spool/pid/master.pid";

	return 0 unless (read_file($at) || '') =~ /(\d+)/;
	# The file stays after a crash, and the number may be another's then.
	my $pid = $1;
	return (read_file("/proc/$pid/cmdline") || '') =~ m{/master} ?
	    $pid : 0;
}

# Stop it; with SIGNAL "KILL" at once, as a crash would.
sub postfix_stop {
	my ($self, $signal) = @_;
	my $pid = $self->postfix_pid or return;

	kill($signal || 'TERM', -$pid);
	return if wait_for(10, sub { !$self->postfix_pid });
	kill('KILL', -$pid);
}

# Run one of Postfix's commands on this instance, for example
# postfix_run('postqueue', '-j').
sub postfix_run {
	my ($self, $command, @args) = @_;
	my @how = ref $command ? ($command, shift(@args)) : ($command);
	my $program = '/usr/sbin/' . pop(@how);
	my $option = $program =~ /sendmail$/ ? '-C' : '-c';

	return $self->run(@how, $program, $option,
	    "$self->{dir}/postfix/etc", @args);
}

sub mail_log {
	my ($self) = @_;
	my $text = read_file("$self->{dir}/postfix/log/maillog");

	return defined $text ? $text : '';
}

# Is all mail out of the queue?  Waits for it, $seconds at most.
sub queue_empty {
	my ($self, $seconds) = @_;

	return wait_for($seconds || 0, sub {
		my $result = $self->postfix_run('postqueue', '-j');

		return $result->{code} == 0 && $result->{out} eq '';
	});
}

# The texts of all messages delivered to an address, oldest first.
sub mailbox {
	my ($self, $address) = @_;
	my $at = "$self->{dir}/postfix/mail/all/new";
	my @found;

	opendir(my $folder, $at) or return @found;
	my @names = map { $_->[1] }
	    sort { $a->[0] <=> $b->[0] || $a->[1] cmp $b->[1] }
	    map { [(stat("$at/$_"))[9] || 0, $_] }
	    grep { !/^\./ } readdir($folder);
	foreach my $name (@names) {
		my $text = read_file("$at/$name");

		push(@found, $text) if defined $text &&
		    $text =~ /\A(?:[^\n]+\n)*?Delivered-To: \Q$address\E\n/i;
	}
	return @found;
}

# The same once there are $count of them, or after $seconds.
sub wait_mailbox {
	my ($self, $address, $count, $seconds) = @_;

	wait_for($seconds || 20, sub { $self->mailbox($address) >= $count });
	return $self->mailbox($address);
}

# --- mail by SMTP ---------------------------------------------------------

# Read one answer: [ code, text ]; code 0 when the server has gone.
sub _answer {
	my ($smtp) = @_;
	my @lines;

	while (defined(my $line = <$smtp>)) {
		$line =~ s/\r?\n\z//;
		$line =~ s/^(\d{3})([ -]?)//;
		push(@lines, $line);
		return [$1, join("\n", @lines)] if defined $1 && $2 ne '-';
	}
	return [0, join("\n", @lines, 'connection lost')];
}

sub _say {
	my ($smtp, $line) = @_;

	print $smtp "$line\r\n";
	return _answer($smtp);
}

sub _brackets {
	my ($address) = @_;

	return $address =~ /^</ ? $address : "<$address>";
}

# Send a mail: { connect, mail, rcpt => { address => ... }, data } with an
# answer [ code, text ] each, and queue_id when it was taken.
#
#	from	sender (default sender@client.example), '' for none
#	rcpt	list of recipients; "<a@b> NOTIFY=NEVER" goes as it stands
#	data	text, or file => its path: every line end becomes CRLF
#	raw	bytes to be sent as they are; a dot behind CRLF is doubled
#	client	address that we claim by XCLIENT; client_name, login likewise
#	helo	name for EHLO;  port: default the listener with milters
sub smtp {
	my ($self, %arg) = @_;
	my $helo = $arg{helo} || $arg{client_name} || 'mail.client.example';
	my %result = (rcpt => {});
	my $smtp = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
	    PeerPort => $arg{port} || $self->{smtp_port}, Timeout => 10)
	    or die "smtp: $!\n";
	my $data = defined $arg{raw} ? $arg{raw} :
	    defined $arg{file} ? read_file($arg{file}) : $arg{data};

	die "smtp: no mail to send\n" unless defined $data;
	utf8::encode($data) if utf8::is_utf8($data);
	$data =~ s/\r?\n/\r\n/g unless defined $arg{raw};
	$data .= "\r\n" unless $data =~ /\r\n\z/ || $data eq '';
	$data =~ s/(\A|\r\n)\./$1../g;
	local $SIG{PIPE} = 'IGNORE';
	local $SIG{ALRM} = sub { shutdown($smtp, 2) };
	alarm(SMTP_SECONDS);
	$result{connect} = _answer($smtp);
	_say($smtp, "EHLO $helo");
	if (defined $arg{client} || defined $arg{login}) {
		my $xclient = 'XCLIENT';

		if (defined $arg{client}) {
			$xclient .= ' ADDR=' . ($arg{client} =~ /:/ ?
			    "IPV6:$arg{client}" : $arg{client});
			$xclient .= ' NAME=' . ($arg{client_name} ||
			    '[UNAVAILABLE]') . ' PORT=4567';
		}
		$xclient .= " LOGIN=$arg{login}" if defined $arg{login};
		$result{connect} = _say($smtp, $xclient);
		die "smtp: $xclient: @{$result{connect}}\n"
		    if $result{connect}[0] =~ /^(?:0|50[0-9]|550)$/;
		_say($smtp, "EHLO $helo");
	}
	my $from = defined $arg{from} ? $arg{from} : 'sender@client.example';
	$result{mail} = _say($smtp, 'MAIL FROM:' . _brackets($from));
	foreach my $rcpt ($result{mail}[0] =~ /^2/ ? @{$arg{rcpt}} : ()) {
		$result{rcpt}{$rcpt} = _say($smtp, 'RCPT TO:' .
		    _brackets($rcpt));
	}
	if (grep { $_->[0] =~ /^2/ } values %{$result{rcpt}}) {
		$result{data} = _say($smtp, 'DATA');
		if ($result{data}[0] == 354) {
			print $smtp $data;
			$result{data} = _say($smtp, '.');
		}
	}
	_say($smtp, 'QUIT');
	alarm(0);
	close($smtp);
	$result{queue_id} = $1
	    if $result{data} && $result{data}[1] =~ /queued as (\w+)/;
	return \%result;
}

# --- the end --------------------------------------------------------------

# What has left our process groups, like a daemon that detached: all that was
# given a path of this site's folder.
sub strays {
	my ($self) = @_;

	return grep { (read_file("/proc/$_/cmdline") || '') =~
	    m{\Q$self->{dir}\E/} } map { m{(\d+)/cmdline} }
	    glob('/proc/[0-9]*/cmdline');
}

# Stop what was started and remove the folder.
sub finish {
	my ($self) = @_;

	return if $self->{finished} || $self->{owner} != $$;
	$self->{finished} = 1;
	local ($?, $@, $!);
	$self->postfix_stop('KILL');
	$self->end('gatepostd', 10);
	$self->end($_, 0) foreach keys %{$self->{pids}};
	kill('KILL', $self->strays);
	if ($self->log =~ /^(.*(?:Sanitizer: |runtime error: ).*)$/m) {
		$reports++;
		Test::More::diag("a sanitizer reports: $1");
	}
	if ($reports || !Test::More->builder->is_passing) {
		Test::More::diag("site: $self->{dir}, end of the log:\n" .
		    $self->log_tail);
	}
	File::Path::remove_tree($self->{dir}) unless $ENV{GATEPOST_KEEP};
}

sub DESTROY {
	my ($self) = @_;

	$self->finish;
	delete $sites{$self + 0};
}

# A signal must not leave anything running either.
$SIG{$_} = sub { exit(1) } foreach grep { !$SIG{$_} } qw(INT TERM HUP);

END {
	my $status = $?;

	foreach my $site (grep { defined } values %sites) {
		$site->finish;
	}
	File::Path::remove_tree($copies) if $copies && $owner == $$;
	$? = $status || ($reports ? 1 : 0);
}

1;
