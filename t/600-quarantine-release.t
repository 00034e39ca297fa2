#!/usr/bin/perl
#
# 600-quarantine-release.t -- hold exact bytes, show, preview, release by the
# listener and by sendmail(1), delete, reindex, expire

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use IO::Socket::INET;
use POSIX ();
use Test::More;

Gatepost::Test->need('root', 'postfix');

my $site = Gatepost::Test->new(
    config => { release => { smtp => '127.0.0.1:@RELEASE_PORT@' } },
    lists => { example => "block sender evil.example\n" });
$site->start;
$site->postfix_start;

my ($alice, $bob) = ('alice@example.org', 'bob@example.org');
my $body = "First line.\r\n..dots at the start\r\n.one\r\n" .
    "8-bit: \xc3\xa9\r\n" . "long " x 150 . "\r\n\r\nlast\r\n";
my $header = "From:no-blank\@evil.example\r\nTo: a\r\n" .
    "Subject:  two blanks\r\n\tand a fold\r\nMessage-ID: <r1\@x.example>\r\n" .
    "Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nDelivered-To: $alice\r\n" .
    "X-Gatepost-Verdict: forged\r\n";
sub send_it {
	my ($id) = @_;

	return $site->smtp(from => 'x@evil.example', rcpt => [ $alice, $bob ],
	    client => '198.51.100.25', raw => ($header =~ s/r1\@/$id\@/r) .
	    "\r\n$body")->{data}[0];
}

is(send_it('r1'), 250, 'a blocked message is taken');
my @items = @{$site->json('quarantine', 'list')->{items}};
is(scalar @items, 2, 'two copies are held');
my $id = $items[0]{id};
is($items[1]{id}, $id, '... of one item');
is($items[0]{state}, 'held', '... in state held');
my $raw = $site->gatepost('quarantine', 'preview', '--raw', $id)->{out};
is($raw, "$header\r\n$body", 'the bytes are those that came');
my ($file) = glob($site->state_dir . "/quarantine/*/$id.eml");
ok($file, '... in a file of its own');
like($file, qr{/quarantine/\d{4}-\d\d-\d\d/}, '... below its day');
ok(-e $file =~ s/eml$/json/r, '... with what is known beside');
is(sprintf('%04o', (stat $file)[2] & 0007), '0000',
    '... which others cannot read');

my $preview = $site->gatepost('quarantine', 'preview', $id)->{out};
like($preview, qr/First line\./, 'preview shows the text');
my $show = $site->gatepost('quarantine', 'show', $id)->{out};
like($show, qr/\Q$alice\E: held/, 'show has a state for each recipient');

# Ids that are not ours.
for my $bad ('../../etc/passwd', 'x', "$id.eml", lc $id, '') {
	is($site->gatepost('quarantine', 'show', $bad)->{code}, 64,
	    "\"$bad\" is no id: exit 64");
}
is($site->gatepost('quarantine', 'show', '0' x 26)->{code}, 66,
    'an id of nothing: exit 66');

# Release to one.
my $run = $site->gatepost('quarantine', 'release', $id, '--rcpt', $alice);
is($run->{code}, 0, 'release succeeds') or diag($run->{err});
my @got = $site->wait_mailbox($alice, 1, 10);
is(scalar @got, 1, '... and the mail arrives');
my $copy = $got[0] =~ s/\r?\n/\r\n/gr;
like($copy, qr/^X-Gatepost-Id: $id\r$/m, '... with our id');
like($copy, qr/^Received: from .*198\.51\.100\.25.*\r\n\tby .*Gatepost quarantine/m,
    '... and our trace, with the original client');
unlike($copy, qr/forged/, '... without what we would have taken off');
is(scalar(() = $copy =~ /^Delivered-To:/mg), 1,
    '... and one Delivered-To, the mail store\'s');
like($copy, qr/^From:no-blank\@evil\.example\r\nTo: a\r\nSubject:  two blanks\r\n\tand a fold\r$/m,
    '... header fields octet for octet');
like($copy, qr/\r\n\r\n\Q$body\E\z/, '... and so the body');
is(scalar($site->mailbox($bob)), 0, '... to her alone');
like($site->gatepost('quarantine', 'release', $id, '--rcpt', $alice)->{out},
    qr/already released/, 'a second release says so');
is(scalar($site->wait_mailbox($alice, 2, 1)), 1, '... and sends nothing');
like($site->gatepost('why', $id)->{out}, qr/Later: .*released for \Q$alice\E/,
    'why knows of the release');

# A failing MTA leaves the item held.
$site->postfix_stop;
$run = $site->gatepost('quarantine', 'release', $id, '--rcpt', $bob);
is($run->{code}, 75, 'no listener: exit 75');
like($run->{err}, qr/stays held/, '... and says so');
is($site->json('quarantine', 'list', '--rcpt', $bob)->{items}[0]{state},
    'held', '... and it does');
$site->postfix_start;
is($site->gatepost('quarantine', 'release', $id)->{code}, 0,
    'release to all that are left');
is(scalar($site->wait_mailbox($bob, 1, 10)), 1, '... arrives');

# Delete.
send_it('r2');
my ($second) = grep { $_->{state} eq 'held' }
    @{$site->json('quarantine', 'list')->{items}};
is($site->gatepost('quarantine', 'delete', $second->{id})->{code}, 0,
    'delete');
like($site->gatepost('quarantine', 'release', $second->{id})->{out},
    qr/already deleted/, '... cannot be released any more');

# The index is only an index.
my $before = $site->json('quarantine', 'list');
$site->stop;
unlink glob($site->state_dir . '/state.db*');
is($site->gatepost('quarantine', 'reindex')->{code}, 0, 'reindex');
is_deeply($site->json('quarantine', 'list'), $before,
    '... brings the same list back');
$site->start;

# A damaged item is not released.
send_it('r3');
my ($third) = grep { $_->{state} eq 'held' }
    @{$site->json('quarantine', 'list')->{items}};
($file) = glob($site->state_dir . "/quarantine/*/$third->{id}.eml");
my $bytes = Gatepost::Test::read_file($file);
substr($bytes, 100, 1) ^= "\x01";
Gatepost::Test::write_file($file, $bytes);
$run = $site->gatepost('quarantine', 'release', $third->{id});
isnt($run->{code}, 0, 'a damaged item is not released');
like($run->{err}, qr/SHA-256/, '... and the reason is said');

# The same message again reuses the stored copy.
send_it('r4');
my $count = @{$site->json('quarantine', 'list')->{items}};
send_it('r4');
is(scalar @{$site->json('quarantine', 'list')->{items}}, $count,
    'the same message again is held once');

# The same message after its copy was deleted is new.
$site->gatepost('quarantine', 'delete', map { $_->{id} }
    grep { $_->{state} eq 'held' } @{$site->json('quarantine',
    'list')->{items}});
send_it('r4');
is(scalar(grep { $_->{state} eq 'held' }
    @{$site->json('quarantine', 'list')->{items}}), 2,
    'the same message after its copy was deleted is held anew');

# A listener that goes away in the middle: said, and nothing more.
{
	my $listener = IO::Socket::INET->new(Listen => 5,
	    LocalAddr => '127.0.0.1') or die "listen: $!";
	my $child = fork // die "fork: $!";
	if ($child == 0) {
		for (1 .. 2) {
			my $peer = $listener->accept or last;
			print $peer "220 x\r\n";
			while (<$peer>) {
				print $peer /^DATA/ ? "354 x\r\n" :
				    "250 x\r\n";
				last if /^DATA/;
			}
			close $peer;
		}
		POSIX::_exit(0);
	}
	$site->write_config(release => { smtp => '127.0.0.1:' .
	    $listener->sockport });
	my ($item) = grep { $_->{state} eq 'held' }
	    @{$site->json('quarantine', 'list')->{items}};
	my $failed = $site->gatepost('quarantine', 'release', $item->{id});
	is($failed->{code}, 75, 'a listener that hangs up: exit 75');
	is(scalar(() = $failed->{err} =~ /stays held/g), 2,
	    '... for each recipient');
	kill 'KILL', $child;
	waitpid $child, 0;
	$site->write_config(release => {});
	$failed = $site->gatepost('quarantine', 'release', $item->{id});
	is($failed->{code}, 78, 'no way to release is configured: exit 78');
	like($failed->{err}, qr/ stays held: .* set release\.smtp /,
	    '... and what to set is told');
}

# A damaged item does not stop the sweep.
{
	my ($item) = grep { $_->{state} eq 'held' }
	    @{$site->json('quarantine', 'list')->{items}};
	my ($json) = glob($site->state_dir . "/quarantine/*/$item->{id}.json");
	rename $json, "$json.away";
	my $before = () = glob($site->state_dir . '/quarantine/*/*.json');
	SKIP: {
		skip 'faketime is not installed', 2
		    unless Gatepost::Test::installed('faketime');
		my $swept = $site->gatepost({ in => '+70d' }, 'sweep');
		isnt($swept->{code}, 0, 'sweep tells of a damaged item');
		like($swept->{out}, qr/expired [1-9]|removed [1-9]/,
		    '... and goes on with the others');
	}
	rename "$json.away", $json;
}

# Expiry.
is(send_it('r9'), 250, 'one more is held');
SKIP: {
	skip 'faketime is not installed', 10
	    unless Gatepost::Test::installed('faketime');
	my $sweep = $site->gatepost({ in => '+31d' }, 'sweep');
	is($sweep->{code}, 0, 'sweep after 31 days') or diag($sweep->{err});
	is(scalar(grep { $_->{state} eq 'held' }
	    @{$site->json('quarantine', 'list')->{items}}), 0,
	    '... nothing is held any more');
	my @items = @{$site->json('quarantine', 'list')->{items}};
	my ($over) = grep { $_->{state} eq 'expired' } reverse @items;
	my ($eml) = glob($site->state_dir . "/quarantine/*/$over->{id}.eml");

	ok($eml, 'what has expired can be exported that day');
	$site->run('faketime', '-f', '+33d',
	    Gatepost::Test::program('gatepost'), '-c', $site->config_file,
	    'sweep');
	is_deeply([glob($site->state_dir . '/quarantine/*/*.eml')], [],
	    'two days later the octets of all are gone');
	is(scalar(@{$site->json('quarantine', 'list')->{items}}),
	    scalar(@items), '... what became of each is known');
	like($site->gatepost('quarantine', 'show', $over->{id})->{out},
	    qr/: expired$/m, '... and shown');
	my $late = $site->gatepost('quarantine', 'release', $over->{id});
	is($late->{code}, 65, '... a release comes too late: exit 65');
	like($late->{out}, qr/is already expired/, '... and says so');
	like($site->gatepost('quarantine', 'preview', $over->{id})->{err},
	    qr/is removed: nobody's copy is held any more/,
	    '... so does a preview');
	is($site->gatepost('quarantine', 'reindex')->{code} ||
	    @{$site->json('quarantine', 'list')->{items}} - @items, 0,
	    '... and the index can be built anew');
}
$site->postfix_stop;
$site->stop;

# Release by sendmail(1), with a proof that our milter takes off.  Postfix's
# sendmail takes another folder of settings from root alone.
$site = Gatepost::Test->new(
    config => { user => 'root', group => 'root',
	release => { sendmail => '@DIR@/sendmail' } },
    lists => { example => "block sender evil.example\n" });
Gatepost::Test::write_file($site->dir . '/sendmail',
    "#!/bin/sh\nexec sendmail -C " . $site->dir .
    "/postfix/etc \"\$@\"\n");
chmod 0755, $site->dir . '/sendmail';
$site->start;
$site->postfix_start;
is(send_it('r5'), 250, 'a site that releases by sendmail(1)');
my ($fifth) = @{$site->json('quarantine', 'list')->{items}};
$run = $site->gatepost('quarantine', 'release', $fifth->{id}, '--rcpt',
    $alice);
is($run->{code}, 0, 'release by sendmail(1)') or diag($run->{err});
@got = $site->wait_mailbox($alice, 1, 15);
is(scalar @got, 1, '... arrives, though its sender is blocked')
    or diag($site->log_tail);
unlike($got[0] // '', qr/X-Gatepost-Release/i, '... without the proof');
ok($site->wait_log(qr/because=release/, 3),
    '... by the exemption for our release');

# A proof is good for its own recipient, body and time alone.
my $proof = 'X-Gatepost-Release: v1 ' . $fifth->{id} . ' ' . (time + 300) .
    ' ' . 'a' x 64;
$site->smtp(from => 'x@evil.example', rcpt => [ $alice ],
    client => '198.51.100.25', raw => "$proof\r\n" .
    ($header =~ s/r1\@/forged\@/r) . "\r\nx\r\n");
$site->queue_empty(5);
is(scalar($site->mailbox($alice)), 1, 'a forged proof frees nothing');

$site->postfix_stop;
$site->stop;
done_testing();
