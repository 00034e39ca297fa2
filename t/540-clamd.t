#!/usr/bin/perl
#
# 540-clamd.t -- a real clamd, with two signatures of its own, is asked about
# files; one that hangs, lies or is gone holds up no mail

use strict;
use warnings;

use FindBin;
use IO::Socket::UNIX;
use MIME::Base64 qw(encode_base64);
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;
use Time::HiRes qw(time);

Gatepost::Test->need('clamd', 'bsdtar');

# Not in one piece, or a scanner would take this file away.
my $eicar = 'X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-' .
    'STANDARD-ANTIVIRUS-TEST-FILE!$H+H*';
my $rule = 'a word that only our test rule knows';
my $site = Gatepost::Test->new(config => {
    clamd => { socket => '@DIR@/clamd.ctl', timeout => 2 } });
my $dir = $site->dir;
my $socket = "$dir/clamd.ctl";

sub clamd_start {
	my $uid = (stat $dir)[4];
	my $user = getpwuid($>);

	mkdir("$dir/signatures");
	Gatepost::Test::write_file("$dir/signatures/test.ndb",
	    'Eicar-Test:0:*:' . unpack('H*', $eicar) . "\n" .
	    'Test.Rule:0:*:' . unpack('H*', $rule) . "\n");
	Gatepost::Test::write_file("$dir/clamd.conf", <<"EOT");
Foreground yes
LocalSocket $socket
LocalSocketMode 666
DatabaseDirectory $dir/signatures
OfficialDatabaseOnly no
StreamMaxLength 1M
TemporaryDirectory $dir
User $user
LogFile $dir/clamd.log
EOT
	$site->spawn('clamd', Gatepost::Test::installed('clamd'), '-c',
	    "$dir/clamd.conf");
	Gatepost::Test::wait_for(30, sub {
		IO::Socket::UNIX->new(Peer => $socket)
	}) or BAIL_OUT('clamd does not come up: ' .
	    (Gatepost::Test::read_file("$dir/clamd.log") // ''));
}

sub message {
	my ($name, $octets) = @_;

	return join("\r\n", 'From: a@client.example', 'To: jane@example.org',
	    'Subject: a file', 'MIME-Version: 1.0',
	    "Content-Type: application/octet-stream; name=\"$name\"",
	    'Content-Transfer-Encoding: base64', '',
	    encode_base64($octets, "\r\n"));
}

# Send it, and the ledger's record of it.
sub sent {
	my ($sender, $name, $octets) = @_;
	my $answer = $site->milter_message(from => $sender, rcpt =>
	    'jane@example.org', data => message($name, $octets));
	my @records;

	isnt($answer->{verdict}, 'tempfail', "$sender is answered");
	Gatepost::Test::wait_for(10, sub {
		@records = @{$site->json('trace', '--envelope',
		    $sender)->{records}};
	});
	return $records[0];
}

clamd_start();
$site->start;

my $record = sent('eicar@client.example', 'test.com', $eicar);
is($record->{facts}{files}[0]{malware}, 'Eicar-Test.UNOFFICIAL',
    'the test virus is found');
is($record->{decisions}[0]{action}, 'quarantine', '... and held');
is($record->{decisions}[0]{category}, 'malware', '... as malware');
like($site->gatepost('why', $record->{id})->{out},
    qr/clamd finds Eicar-Test\S* in the file test\.com/, '... as why says');
is($site->gatepost('quarantine', 'list')->{code}, 0, '... in quarantine');

Gatepost::Test::write_file("$dir/inner.txt", "so: $rule, yes");
system('bsdtar', '-C', $dir, '--format', 'zip', '-cf', "$dir/a.zip",
    'inner.txt');
$record = sent('zip@client.example', 'a.zip',
    Gatepost::Test::read_file("$dir/a.zip"));
is($record->{facts}{files}[0]{malware}, 'Test.Rule.UNOFFICIAL',
    'and a rule of our own, in an archive');

$record = sent('clean@client.example', 'a.txt', 'just text');
is($record->{facts}{files}[0]{malware}, undef, 'a clean file is clean');
is($record->{decisions}[0]{action}, 'deliver', '... and delivered');
$record = sent('large@client.example', 'a.bin', 'x' x 3_000_000);
is($record->{decisions}[0]{action}, 'deliver',
    'one beyond its limit is judged without it');

# --- one that is ill --------------------------------------------------------------

# In place of it, a server that does to each connection what CODE does.
sub in_its_place {
	my ($code, $todo) = @_;
	my $listener = IO::Socket::UNIX->new(Local => $socket, Listen => 16)
	    or die "$socket: $!\n";
	my $pid = fork() // die "fork: $!\n";

	chmod(0666, $socket);
	if ($pid == 0) {
		while (my $peer = $listener->accept) {
			$code->($peer);
		}
		POSIX::_exit(0);
	}
	close($listener);
	$todo->();
	kill('KILL', $pid);
	waitpid($pid, 0);
	unlink($socket);
}

$site->end('clamd', 10);
unlink($socket);
my @kept;
my @ill = (
	['hangs', sub { push(@kept, $_[0]) }],
	['closes', sub { close($_[0]) }],
	['answers garbage', sub { syswrite($_[0], "\xff\0" x 100) }],
	['answers without end', sub { syswrite($_[0], 'x' x 100_000) }],
);
foreach my $case (@ill) {
	my ($what, $code) = @$case;
	my $sender = ($what =~ s/\W+/-/gr) . '@client.example';

	in_its_place($code, sub {
		my $start = time;

		$record = sent($sender, 'test.com', $eicar);
		cmp_ok(time - $start, '<', 6, "one that $what holds up none");
		is($record->{decisions}[0]{action}, 'deliver',
		    '... which is delivered');
	});
}
sent("gone$_\@client.example", 'test.com', $eicar) foreach 1 .. 3;
ok($site->wait_log(qr/clamd-dead .*clamd\.socket/, 10), 'the log says so');
clamd_start();
ok(Gatepost::Test::wait_for(20, sub {
	$site->milter_message(from => 'again@client.example',
	    rcpt => 'jane@example.org', data => message('a.txt', 'text'));
	$site->log =~ /clamd-alive/;
}), 'it comes back by itself');
$record = sent('late@client.example', 'test.com', $eicar);
is($record->{decisions}[0]{action}, 'quarantine', '... and counts again');
$site->stop;

# --- a place that is none -----------------------------------------------------------

my $bad = Gatepost::Test->new(config => { clamd => { socket => 'here' } });
my $check = $bad->gatepost('check');
isnt($check->{code}, 0, 'a place that is none is an error');
like($check->{err} . $check->{out},
    qr/clamd\.socket: "here"; write .*127\.0\.0\.1\@3310/,
    '... that says how to write it');
done_testing;
