#!/usr/bin/perl
#
# 750-verdict.t -- what follows from a verdict: entries that were made with a
# submission, mail that is held for its reason, the admin's own word, disputes

use strict;
use warnings;

use FindBin;
use JSON::PP qw(decode_json);
use lib "$FindBin::Bin/lib";
use Gatepost::Sink;
use Gatepost::Spool;
use Gatepost::Test;
use Test::More;
use Time::Local qw(timegm);

my $folder = File::Temp::tempdir(CLEANUP => 1);
my $sink = Gatepost::Sink->new(folder => "$folder/mail");
my $site = Gatepost::Test->new(config => { authentication => 'upstream',
    release => { smtp => $sink->place }, upstreams => [
    { name => 'auth', authserv_id => 'auth.example', strips => \1,
      headers => ['X-Spam-Flag'] } ] },
    tenant => { policy => { spam => 'quarantine' } });
my $dir = $site->dir;
my $jane = 'jane@example.org';
my $count = 0;

my %file;	# of a message, by its id in the ledger

# Send it; the ledger's id.
sub post {
	my (%arg) = @_;
	my $subject = $arg{subject} // 'subject ' . ++$count;
	my $from = $arg{from} // "ann$count\@client.example";
	my $before = @{$site->json('trace', '--from', $from)->{records}};
	my @records;

	$count++;
	my $data = "Authentication-Results: auth.example; " .
	    'dmarc=' . ($arg{dmarc} // 'pass') . ' header.from=' .
	    ($from =~ s/.*\@//r) . ($arg{spf} ? '; spf=pass smtp.mailfrom=' .
	    $arg{spf} : '') . "\r\n" . ($arg{header} // '') . 'From: ' .
	    ($arg{name} // '') . "<$from>\r\nSubject: $subject\r\n" .
	    "Message-ID: <$count\@x>\r\n\r\n" . ($arg{text} //
	    "text $count") . "\r\n";
	$site->milter_message(from => $arg{spf} // $from, client => '203.0.113.9',
	    rcpt => $arg{rcpt} // $jane, data => $data);
	Gatepost::Test::wait_for(10, sub {
		@records = @{$site->json('trace', '--from',
		    $from)->{records}};
		return @records > $before;
	});
	$file{$records[0]{id}} = "$dir/$records[0]{id}.eml";
	Gatepost::Test::write_file($file{$records[0]{id}}, $data);
	return $records[0]{id};
}

sub says {
	my ($word) = @_;

	Gatepost::Test::write_file("$dir/say", "#!/bin/sh\necho $word\n");
	chmod(0755, "$dir/say");
	is($site->gatepost('drain')->{code}, 0, "the analyst says $word");
}

sub submit {
	my (@words) = @_;
	my $result = $site->gatepost('--json', 'submit', @words);

	is($result->{code}, 0, "submitted: @words") or diag($result->{err});
	my $json = decode_json($result->{out});
	return $json->{id} // $json->{submissions}[0]{id};
}

sub record { return $site->json('submission', 'show', $_[0]) }

sub entries {
	return map { { value => $_->{value}, %{$_->{options}} } }
	    @{$site->json('list', 'show')->{entries}};
}

sub days {
	my ($time) = @_;
	my ($y, $mon, $d, $h, $m, $s) = $time =~
	    /(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)/;

	return (timegm($s, $m, $h, $d, $mon - 1, $y) - time) / 86400;
}

sub states {
	return { map { $_->{id} => $_->{state} }
	    @{$site->json('quarantine', 'list')->{items}} };
}

$site->write_config(analysts => [ { name => 'desk', type => 'command',
    argv => ["$dir/say"] } ]);
chmod(0750, $site->state_dir);
$site->start;

# --- entries ------------------------------------------------------------------

my $bad = post(from => 'x@bad.example');
my $id = submit($file{$bad}, '--as', 'phish', '--block', 'sender', '--expires',
    '1d', '--rcpt', $jane);
is((entries())[0]{value}, 'x@bad.example', 'the block is there at once');
cmp_ok(days((entries())[0]{expires}), '<', 2, '... for a day');
says('phish');
is(record($id)->{result}, 'threatsFound', 'a threat');
is(record($id)->{completed_by}, 'desk', '... said by the desk');
cmp_ok(days((entries())[0]{expires}), '>', 29, '... lengthens the block');

my $good = post(from => 'y@good.example');
$id = submit($file{$good}, '--as', 'phish', '--block', 'sender', '--rcpt', $jane);
Gatepost::Test::wait_for(10, sub {
	$site->gatepost('list', 'find', 'sender', 'y@good.example')->{out} =~
	    /y\@good/ });
my $held;
Gatepost::Test::wait_for(20, sub {
	$held = post(from => 'y@good.example');
	return (states()->{$held} // '') eq 'held';
});
is(states()->{$held}, 'held', 'the block holds the next one');
$sink->forget;
says('clean');
is(record($id)->{result}, 'noThreatsFound', 'no threat');
is(join(' ', map { $_->{value} } entries()), 'x@bad.example',
    '... lifts the block');
is(states()->{$held}, 'released', '... and what it held is released');
is(scalar($sink->mails), scalar(grep { $_ eq 'released' } values
    %{states()}), '... to its recipient');
like($site->gatepost('why', $held)->{out}, qr/released/, '... as why says');

# --- a block that is thought of while it waits --------------------------------------

my $late = post(from => 'z@late.example');
$id = submit($file{$late}, '--as', 'phish', '--rcpt', $jane);
is(submit($file{$late}, '--as', 'phish', '--rcpt', $jane, '--block',
    'sender'), $id, 'submitted again, with a block, it is the same submission');
is_deeply([map { $_->{submission} } grep { $_->{value} eq 'z@late.example' }
    entries()], [$id], '... whose entry it is');
is(scalar(@{record($id)->{entries}}), 1, '... as its record says');
says('clean');
is(join(' ', map { $_->{value} } entries()), 'x@bad.example',
    '... and which its verdict lifts');

# --- what is held for the same reason --------------------------------------------

my %spam = (header => "X-Spam-Flag: YES\r\n");
my %offer = (%spam, from => 'news@shop.example', subject => 'offer',
    text => "Call 555 1234, or see\r\nhttps://shop.example/\r\n");
my $one = post(%offer);
my $alike = post(%offer);
my $flag = $spam{header};
# What has something of it, whoever wrote it, was never judged.
my %else = (
    'the same body of another sender' => { from => 'x@evil.example' },
    '... and another subject' => { subject => 'Your account is locked' },
    '... and another name of From' => { name => 'Your Bank ' },
    '... and a Reply-To' =>
	{ header => $flag . "Reply-To: x\@evil.example\r\n" },
    '... read in another way' =>
	{ header => $flag . "Content-Type: text/html\r\n" .
	    "MIME-Version: 1.0\r\n" },
    'the same subject with another body' => { text => 'Call 666 now' },
    'what only claims to be of that sender' => { dmarc => 'none' },
    '... though it has an envelope of its own' =>
	{ dmarc => 'none', spf => 'x@evil.example' },
);
my %id = map { $_ => post(%offer, %{$else{$_}}) } keys %else;
is_deeply([@{states()}{$one, $alike, values %id}], [('held') x (2 + %id)],
    'all are held as spam');
$id = submit($one, '--as', 'clean', '--rcpt', $jane);
is(record($id)->{status}, 'pending', 'a clean one is asked about');
says('spam');
is(record($id)->{result}, 'spam', 'it is spam all the same');
is(states()->{$one}, 'held', '... and stays held');
$id = submit($one, '--as', 'appears-clean', '--rcpt', $jane);
says('clean');
is_deeply([@{states()}{$one, $alike}], ['released', 'released'],
    'clean: it and what is the same are released');
is(states()->{$id{$_}}, 'held', "not $_") foreach sort keys %id;

# Nothing proves From, but the envelope is the same.
my %bulk = (%spam, from => 'list@club.example', subject => 'minutes',
    dmarc => 'none', text => 'minutes');
$one = post(%bulk, spf => 'bounce@host.example');
$alike = post(%bulk, spf => 'bounce2@host.example');
my $other = post(%bulk, spf => 'bounce@evil.example');
$id = submit($one, '--as', 'clean', '--rcpt', $jane);
says('clean');
is_deeply([@{states()}{$one, $alike, $other}],
    ['released', 'released', 'held'],
    "clean: a copy by the same envelope's domain is released, no other");

# A block held it, and another check would have.
$good = post(from => 'w@worse.example');
$id = submit($file{$good}, '--as', 'phish', '--block', 'sender', '--rcpt',
    $jane);
my $spam;
Gatepost::Test::wait_for(20, sub {
	$held = post(from => 'w@worse.example');
	return (states()->{$held} // '') eq 'held';
});
$spam = post(%spam, from => 'w@worse.example');
is(states()->{$spam}, 'held', 'a block holds what is spam, too');
says('clean');
is_deeply([@{states()}{$held, $spam}], ['released', 'held'],
    'clean: what the block alone held is released');

# --- a message that is held for two -----------------------------------------------

my $two = post(%spam, rcpt => [ $jane, 'bob@example.org' ]);
is($site->gatepost('quarantine', 'release', $two, '--rcpt', $_,
    '--report')->{code}, 0, "$_ has his copy, which is reported as clean")
    foreach $jane, 'bob@example.org';
is_deeply([sort map { $_->{rcpt} } @{$site->json('submission', 'list',
    '--message', $two)->{submissions}}], [ 'bob@example.org', $jane ],
    '... which are two submissions');

# --- the admin's word, and disputes -------------------------------------------------

$site->write_config(analysts => [ { name => 'me', type => 'manual' } ]);
$id = submit(post(), '--as', 'suspicious', '--rcpt', $jane);
is($site->gatepost('drain')->{code}, 0, 'drain');
is(record($id)->{status}, 'pending', 'it waits for an admin');
is($site->gatepost('submission', 'dispute', $id, '--wrong',
    'result')->{code}, 65, '... and cannot be disputed yet');
is($site->gatepost('submission', 'resolve', $id, 'nonsense')->{code}, 64,
    'a word that is none');
is($site->gatepost('submission', 'resolve', Gatepost::Spool::id(),
    'clean')->{code}, 66, 'a submission that is none');
my $result = $site->gatepost('submission', 'resolve', $id, 'malware',
    '--note', 'seen it before');
is($result->{code}, 0, 'he says it');
like($result->{out}, qr/Threats found/, '... and is told the result');
is(record($id)->{attempts}[-1]{detail}, 'seen it before',
    '... his note stands there');
is($site->gatepost('submission', 'resolve', $id, 'clean')->{code}, 65,
    'it is over');
is($site->gatepost('submission', 'dispute', $id, '--wrong',
    'taste')->{code}, 64, 'what may be wrong is one of three');

my $advice = $id;
is($site->gatepost('submission', 'dispute', $advice, '--wrong',
    'reason,advice', '--note', 'odd')->{code}, 0, 'a dispute of the advice');
is(record($advice)->{status}, 'completed', '... is no new analysis');
is_deeply(record($advice)->{dispute}{wrong}, ['reason', 'advice'],
    '... and says what');
is($site->gatepost('submission', 'dispute', $advice, '--wrong',
    'result')->{code}, 65, 'there is one for each');

$id = submit($file{post()}, '--as', 'suspicious', '--rcpt', $jane);
$site->gatepost('submission', 'resolve', $id, 'clean');
is($site->gatepost('submission', 'dispute', $id, '--wrong', 'result',
    '--note', 'it is a phish')->{code}, 0, 'a dispute of the result');
is(record($id)->{status}, 'pending', '... is a new analysis');
is(Gatepost::Spool::place($site, $id), 'done', '... of what lies among done');
$site->write_config(analysts => [ { name => 'desk', type => 'command',
    argv => ["$dir/say"] } ]);
says('phish');
my $record = record($id);
is($record->{result}, 'threatsFound', 'the second result');
is($record->{dispute}{result}, 'noThreatsFound', '... beside the first');
is($record->{reasons}[-1], 'goodReclassifiedAsBad', '... with a code');
is(Gatepost::Spool::place($site, $id), 'done', '... and it is done again');

# --- candidates ------------------------------------------------------------------------

my %suspect = (header => 'Authentication-Results: auth.example; dmarc=fail ' .
    "header.from=client.example; spf=fail smtp.mailfrom=client.example\r\n");
my $candidate = post(%suspect, header => $suspect{header} .
    "Reply-To: z\@elsewhere.example\r\n", from => 'cand@client.example',
    text => 'http://203.0.113.7/login');
my @items;
Gatepost::Test::wait_for(5, sub {
	@items = @{$site->json('candidate', 'list')->{items}};
});
SKIP: {
	skip('this mail is no candidate', 4) unless @items;
	is($site->gatepost('drain')->{code}, 0, 'drain');
	is(@{$site->json('candidate', 'list')->{items}}, 1,
	    'a candidate goes to no analyst by itself');
	$site->write_config(analysts => [ { name => 'desk', local => \1,
	    type => 'command', argv => ["$dir/say"] } ]);
	says('malware');
	is(record($items[0]{id})->{source}, 'candidate',
	    '... but to one that is local');
	is(record($items[0]{id})->{result}, 'threatsFound', '... who says');
}

# --- mail of which there is the record alone ----------------------------------------

$site->write_config(analysts => [ { name => 'whole', type => 'command',
    argv => ["$dir/say"] }, { name => 'links', type => 'command',
    argv => ["$dir/say"], privacy => 'headers-and-urls' } ]);
$id = submit(post(subject => 'gone, jane@example.org'), '--as', 'phish',
    '--rcpt', $jane);
says('spam');
my ($whole, $links) = @{record($id)->{attempts}};
is($whole->{state}, 'refused', 'delivered mail is not kept');
is($links->{verdict}, 'spam', '... but its links and some fields are');
like($site->gatepost('submission', 'show', $id, '--sent', 'links')->{out},
    qr/^Subject: gone, recipient\@recipient\.invalid\r$/m,
    '... and those leave');
is(defined $site->stop, 1, 'the daemon stops');

done_testing;
