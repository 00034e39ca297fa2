#!/usr/bin/perl
#
# 150-log.t -- one line an event, ids first; what strangers send reaches
# neither log nor terminal unescaped, and JSON always decodes

use strict;
use warnings;

use Encode ();
use FindBin;
use MIME::Base64 qw(encode_base64);
use lib "$FindBin::Bin/lib";
use Gatepost::Milter;
use Gatepost::Test;
use Test::More;

my ($held, $suspect) = ('192.0.2.66', '198.51.100.9');
my $site = Gatepost::Test->new(
    lists => { example => "block ip $held action=quarantine\n" });
my $id = qr/[0-9A-HJKMNP-TV-Z]{26}/;

# What strangers may put anywhere; a NUL ends a value of the protocol.
my $forged = 'x 2026-11-21T00:00:00Z gatepostd[1]: ' .
    '01M7ZX53WZGDXGXYPZ8GNN71WD FORGED decision rcpt=a action=deliver';
my %hostile = (
	'control characters' => join('', map { chr } 1 .. 31, 127),
	'8-bit octets' => join('', map { chr } 128 .. 255),
	'a terminal\'s sequences' => "\e[2J\e]0;title\a\e[31mred\b\b\r",
	'a forged line' => "\n$forged\r\n$forged",
	'conversions' => '%s%n%d%1000000d%%%',
	'keys and quotes' => '" action=deliver reason="\\" \\x0a =',
	'broken UTF-8' => "\xc0\xaf\xed\xa0\x80\xf5\xff\xc3",
	'other directions' => Encode::encode('UTF-8',
	    "\x{202e}fdp.exe\x{202c}\x{2028}\x{2029}\x{9b}31m\x{ad}\x{200b}" .
	    "\x{feff}\x{2066}"),
	'much of it' => 'long ' x 12_000,
);

sub word {
	my ($text) = @_;

	return '=?utf-8?B?' . encode_base64($text, '') . '?=';
}

# A message with TEXT wherever a sender may put it.
sub post {
	my ($client, $text, $macro) = @_;
	my $milter = Gatepost::Milter->new($site->socket);
	my $short = substr($text, 0, 500) =~ tr/\0//dr;
	my @sent;

	$milter->negotiate;
	$milter->macros('C', j => "mx$short");
	$milter->connect("host$short", $client);
	$milter->ask('H', "helo$short\0");
	$milter->macros('M', i => "Q$macro", '{auth_authen}' => '');
	push @sent, $milter->mail("<\"a$short\"\@evil.example>",
	    "SIZE=1$short");
	push @sent, $milter->rcpt('<jane@example.org>');
	$milter->rcpt("<\"b$short\"\@example.org>");
	$milter->header('From', ' ' . word("Name $text") .
	    " <\"c$short\"\@evil.example>");
	$milter->header('Reply-To', ' d@other.example');
	$milter->header('Subject', ' ' . word("About $text"));
	$milter->header('Subject', " $short");
	$milter->header('Message-ID', " <e$short\@evil.example>");
	$milter->header('Content-Type', ' multipart/mixed; boundary=b');
	$milter->header("X-Odd$short", " $short");
	$milter->ask('N');
	$milter->body("--b\r\nContent-Type: text/html\r\n\r\n" .
	    "<a href=\"http://x.example/$short\">$short</a>\r\n" .
	    "--b\r\nContent-Type: text/plain$short\r\n" .
	    'Content-Disposition: attachment; filename="' .
	    word("f$short.exe") . "\"\r\n\r\n$short\r\n--b--\r\n");
	push @sent, ($milter->end)[-1][0];
	$milter->close;
	return "@sent";
}

# What a terminal or a log reader would act on.
sub odd {
	my ($octets) = @_;
	my $text = eval { Encode::decode('UTF-8', my $copy = $octets,
	    Encode::FB_CROAK) };

	return 'no UTF-8' unless defined $text;
	return $text =~ /([^\P{Cc}\n]|\p{Cf}|[\x{2028}\x{2029}])/ ?
	    sprintf('U+%04X', ord $1) : '';
}

is(odd("a\e[2J"), 'U+001B', 'the test can fail: an escape is found');
is(odd("a\xc2\x9b"), 'U+009B', '... and an 8-bit one');

$site->start;
my $count = 0;
for my $what (sort keys %hostile) {
	$count++;
	is(post($held, $hostile{$what}, $count), 'c c d',
	    "$what: is held") or diag($site->log_tail);
	is(post($suspect, $hostile{$what}, "S$count"), 'c c c',
	    '... and elsewhere delivered') or diag($site->log_tail);
}
# A queue id is the mail server's; even that is not trusted.
post($held, 'x', "\n$forged\e[2J");

# The log: printable lines, each with its time, each event once.
sub check_log {
	my ($log, $what) = @_;
	my @lines = split /\n/, $log;
	my @odd = grep { /[^\x20-\x7e]/ } @lines;
	my @long = grep { length > 8192 } @lines;

	is(scalar @odd, 0, "$what: nothing but printable ASCII")
	    or diag($odd[0]);
	is(scalar @long, 0, '... no line is longer than 8 KB');
	my @decisions = grep { / decision / } @lines;
	my @bad = grep { !/^$id \S+ decision(?: \w+=(?:"[^"]*"|[^\s"=]+))+$/ }
	    @decisions;
	is(scalar @bad, 0, '... decisions: ids first, then key=value')
	    or diag($bad[0]);
	my @forged = grep { /^$id FORGED/ } @lines;
	is(scalar @forged, 0, '... no line is a sender\'s');
	return @decisions;
}

my $log = $site->log;
like($log, qr/\n\z/, 'the log ends with a whole line');
my @strange = grep { !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ gatepostd\[\d+\]: / }
    split /\n/, $log;
is(scalar @strange, 0, 'each line has its time and process')
    or diag($strange[0]);
my @decisions = check_log($log =~ s/^\S+ gatepostd\[\d+\]: //gmr, 'log');
my %of;
$of{substr($_, 0, 26)}++ for @decisions;
is(scalar keys %of, 2 * $count + 1, '... a decision for each message');
is(scalar(grep { $_ > 2 } values %of), 0, '... one line a recipient');

# The terminal, and JSON.
my $items = $site->json('quarantine', 'list')->{items};
my @held = do { my %seen; grep { !$seen{$_}++ } map { $_->{id} } @$items };
is(scalar @held, $count + 1, 'all of it is in quarantine');
ok(Gatepost::Test::wait_for(10, sub {
	@{$site->json('candidate', 'list')->{items}} >= $count }),
    'what was delivered are candidates');
my $candidates = $site->json('candidate', 'list')->{items};
my @commands = (
	[ 'quarantine', 'list' ], [ 'trace' ], [ 'candidate', 'list' ],
	[ 'stats' ],
	(map { [ 'quarantine', 'show', $_ ] } @held),
	(map { [ 'quarantine', 'preview', $_ ] } @held),
	(map { [ 'why', $_ ] } @held),
	(map { [ 'candidate', 'show', $_->{id} ] } @$candidates),
	(map { [ 'why', $_->{id} ] } @$candidates),
);
my (%faults, %failed);
for my $command (@commands) {
	my $run = $site->gatepost(@$command);
	my $name = "@$command[0 .. ($#$command > 1 ? 1 : $#$command)]" =~
	    s/ $id//r;
	my $odd = odd($run->{out} . $run->{err});

	$faults{$name} .= "@$command: $odd\n" if $odd;
	$failed{$name} .= "@$command: exit $run->{code} $run->{err}\n"
	    if $run->{code} != 0;
	$faults{$name} //= '';
	next if $command->[1] && $command->[1] eq 'preview';
	eval { $site->json(@$command) };
	$failed{$name} .= "--json @$command: $@" if $@;
}
for my $name (sort keys %faults) {
	is($faults{$name}, '', "$name: nothing for the terminal to act on");
	is($failed{$name} // '', '', '... and its JSON decodes');
}
for (0 .. 2) {
	my @command = @{$commands[$_]};
	my @lines = split /\n/, $site->gatepost(@command)->{out};
	my @of = grep { /^$id  \d{4}-/ } @lines;

	is(scalar @of, @lines - 1, "@command: one line a row");
}

# try reads a stranger's file on an admin's terminal.
for my $n (0 .. $#held) {
	my $file = $site->dir . '/try.eml';

	Gatepost::Test::write_file($file, $site->gatepost('quarantine',
	    'preview', '--raw', $held[$n])->{out});
	my @try = ('try', $file, '--from', 'a@b.example', '--ip', $held);
	my $odd = odd($site->gatepost(@try)->{out});
	$odd ||= eval { $site->json(@try); '' } // $@;
	is($odd, '', 'try of item ' . ($n + 1));
}
$site->stop;

# By syslog: facility mail, the same lines, and a severity.  Needs a /dev/log
# of our own, so a mount namespace.
SKIP: {
	skip 'only root may have a /dev/log of its own', 6 if $> != 0;
	my $dir = $site->dir;
	my $pid;
	my $script = 'set -e; mkdir -p "$0/dev"; ' .
	    'mount -t tmpfs none "$0/dev"; ' .
	    'for f in null zero full random urandom tty; do ' .
	    ': > "$0/dev/$f"; mount --bind "/dev/$f" "$0/dev/$f"; done; ' .
	    'ln -s /proc/self/fd "$0/dev/fd"; ln -s "$0/log" "$0/dev/log"; ' .
	    'mount --rbind "$0/dev" /dev; exec "$@"';
	my $reader = 'use IO::Socket::UNIX; use Socket "SOCK_DGRAM"; $| = 1; ' .
	    'my $in = IO::Socket::UNIX->new(Type => SOCK_DGRAM, ' .
	    'Local => $ARGV[0]) or die; chmod 0666, $ARGV[0]; ' .
	    'print "$_\n" while defined $in->recv($_, 65536)';
	my @command = (Gatepost::Test::installed('unshare') // 'unshare',
	    '-m', 'sh', '-c', $script, $dir);

	skip 'no mount namespace may be made here', 6
	    if $site->run(@command, 'true')->{code} != 0;
	$site->spawn('syslog', $^X, '-e', $reader, "$dir/log");
	Gatepost::Test::wait_for(5, sub { -S "$dir/log" });
	is($site->run({ seconds => 30 }, @command,
	    Gatepost::Test::program('gatepostd'), '-c', $site->config_file,
	    '-P', $site->pid_file)->{code}, 0, 'a daemon that logs to syslog');
	post($held, $_, 'Y1') for values %hostile;
	($pid) = (Gatepost::Test::read_file($site->pid_file) // '') =~ /(\d+)/;
	kill 'TERM', $pid if $pid;
	Gatepost::Test::wait_for(6, sub { !$pid || !-e "/proc/$pid" });
	Gatepost::Test::wait_for(5, sub {
		Gatepost::Test::read_file("$dir/syslog.log") =~ / stopped$/ });
	my @lines = split /\n/, Gatepost::Test::read_file("$dir/syslog.log");
	my @other = grep { !/^<(\d+)>[^:]*\d\d:\d\d:\d\d gatepostd\[\d+\]: /
	    || ($1 >> 3) != 2 } @lines;
	is(scalar @other, 0, '... by facility mail') or diag($other[0]);
	cmp_ok(scalar(check_log(join("\n", map { s/^[^\]]*\]: //r } @lines),
	    'syslog')), '>=', scalar keys %hostile,
	    '... its decisions are there');
}

done_testing();
