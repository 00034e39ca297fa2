#!/usr/bin/perl
#
# 500-decision-postfix.t -- real mail through a real Postfix: what each
# recipient gets, what is held, what the ledger says of it

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use MIME::Base64 qw(encode_base64);
use Test::More;

Gatepost::Test->need('root', 'postfix');

my $payload = "MZ this is no program, but it plays one\n";
my $sha256 = sha256_hex($payload);
my $site = Gatepost::Test->new(
    settings => 'release = { smtp = "127.0.0.1:@RELEASE_PORT@"; };',
    tenant => { people => [ 'Jane Director' ], subject_tag => '[suspect]' },
    lists => { example => <<"END" });
block   sender   evil.example              note="INC-1"
block   sender   annoying\@news.example    for=alice\@example.org
block   sender   tagged.example            action=tag
block   sender   junked.example            action=junk
block   sender   half.example              action=junk for=alice\@example.org
block   sender   gone.example              action=discard
block   sender   refused.example           action=reject
block   envelope bounce\@refused.example   action=reject
block   envelope half\@envelope.example    action=reject for=alice\@example.org
block   envelope open.example              action=reject
allow   envelope a\@open.example           proof=none
block   envelope except.example            action=reject except=good.example
block   url      ~login-example.test~
block   file     $sha256
block   filename *.exe
block   ip       203.0.113.66
observe sender   watched.example
END
$site->start;
$site->postfix_start;

my $n = 0;
my %told;

# Send, and return the answer with the Message-ID in it.
sub mail {
	my (%arg) = @_;
	my $id = 'test' . ++$n . '@client.example';
	my $from = $arg{header_from} // $arg{from};
	my $data = "From: $from\nTo: everybody\nSubject: mail $n\n" .
	    "Date: Sat, 21 Nov 2026 10:00:00 +0000\nMessage-ID: <$id>\n" .
	    ($arg{header} // '') . "\n" . ($arg{body} // "Hello.\n");
	my $answer = $site->smtp(from => $arg{from}, rcpt => $arg{rcpt},
	    client => $arg{client} // '198.51.100.25',
	    client_name => 'mail.client.example', data => $data);

	$answer->{id} = $id;
	return $answer;
}

sub got {
	my ($rcpt, $id) = @_;

	$site->queue_empty(10);
	return grep { /^Message-ID: <\Q$id\E>/mi } $site->mailbox($rcpt);
}

sub held {
	my ($answer) = @_;
	my @all = @{$site->json('quarantine', 'list')->{items}};
	my %shows;

	return grep {
		my $show = $shows{$_->{id}} //=
		    $site->json('quarantine', 'show', $_->{id});
		($show->{message_id} // '') eq $answer->{id} } @all;
}

my ($alice, $bob) = ('alice@example.org', 'bob@example.org');

# The ledger's record, once it is written.
sub why {
	my ($id) = @_;

	Gatepost::Test::wait_for(5, sub {
		$site->gatepost('why', $id)->{code} == 0 });
	return $site->json('why', $id);
}

# --- a clean message ------------------------------------------------------
my $clean = mail(from => 'friend@good.example', rcpt => [ $alice ]);
is($clean->{data}[0], 250, 'a clean message is taken');
my ($copy) = got($alice, $clean->{id});
ok($copy, '... and delivered');
like($copy, qr/^X-Gatepost-Id: [0-9A-Z]{26}$/m, '... with our id');
like($copy, qr/^X-Gatepost-Verdict: clean/m, '... and verdict');
unlike($copy, qr/^X-Spam-Flag/mi, '... and no junk mark');

# --- blocked for one of two recipients ------------------------------------
my $one = mail(from => 'annoying@news.example', rcpt => [ $alice, $bob ]);
is($one->{data}[0], 250, 'blocked for one of two: taken');
is(scalar(got($bob, $one->{id})), 1, '... the other one gets it');
is(scalar(got($alice, $one->{id})), 0, '... that one does not');
my @items = held($one);
is(scalar @items, 1, '... one copy is held');
is($items[0]{rcpt}, $alice, '... hers');
unlike((got($bob, $one->{id}))[0], qr/alice|annoying\@news.*list|block/i,
    '... and no header tells him of her list');

# --- blocked for all ------------------------------------------------------
my $all = mail(from => 'x@evil.example', rcpt => [ $alice, $bob ]);
is($all->{data}[0], 250, 'blocked for all: taken');
is(scalar(got($alice, $all->{id})) + scalar(got($bob, $all->{id})), 0,
    '... nobody gets it');
is(scalar(held($all)), 2, '... both copies are held');
like((held($all))[0]{reason}, qr/block sender evil\.example/,
    '... and the reason names the entry');

# --- links and files ------------------------------------------------------
my $link = mail(from => 'a@some.example', rcpt => [ $alice ],
    header => "MIME-Version: 1.0\nContent-Type: text/html\n",
    body => '<a href="http://www.login-example.test/x">here</a>' . "\n");
like((held($link))[0]{reason} // '', qr/block url ~login-example\.test~/,
    'a blocked link holds');
my $multi = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n";
my $file = mail(from => 'a@some.example', rcpt => [ $alice ],
    header => $multi, body => "--b\nContent-Type: application/pdf\n" .
    "Content-Disposition: attachment; filename=\"bill.pdf\"\n" .
    "Content-Transfer-Encoding: base64\n\n" . encode_base64($payload) .
    "\n--b--\n");
like((held($file))[0]{reason} // '', qr/block file $sha256/,
    'a blocked file holds');
my $why = why($file->{id});
is($why->{decisions}[0]{category}, 'malware', '... as malware');
my $name = mail(from => 'a@some.example', rcpt => [ $alice ],
    header => $multi, body => "--b\nContent-Type: text/plain; " .
    "name=\"Bill.PDF.EXE\"\n\nx\n--b--\n");
like((held($name))[0]{reason} // '', qr/block filename \*\.exe/,
    'a blocked file name holds, whatever its case');

# --- tag and junk ---------------------------------------------------------
my $tag = mail(from => 'x@tagged.example', rcpt => [ $alice ]);
($copy) = got($alice, $tag->{id});
like($copy, qr/^X-Gatepost-Verdict: phish.*action=tag/m, 'tag: a verdict');
like($copy, qr/^Subject: \[suspect\] mail \d+$/m, '... and the subject tag');
my $junk = mail(from => 'x@junked.example', rcpt => [ $alice ]);
($copy) = got($alice, $junk->{id});
like($copy, qr/^X-Spam-Flag: YES$/m, 'junk: the junk header');

# They differ: each has a header of his own; see 650.
my $half = mail(from => 'x@half.example', rcpt => [ $alice, $bob ]);
Gatepost::Test::wait_for(10, sub { got($alice, $half->{id}) });
like((got($alice, $half->{id}))[0], qr/^X-Spam-Flag: YES$/m,
    'recipients differ: one has it as junk');
unlike((got($bob, $half->{id}))[0], qr/^X-Spam-Flag/m, '... the other not');
$why = why($half->{id});
my ($hers) = grep { $_->{rcpt} eq $alice } @{$why->{decisions}};
is($hers->{asked}, 'junk', '... the ledger has what was asked');
is($hers->{action}, 'junk', '... and what was done');
like($hers->{outbox}, qr/^\w{26}$/, '... and which way');

# --- reject and discard ---------------------------------------------------
my $ip = mail(from => 'a@some.example', rcpt => [ $alice ],
    client => '203.0.113.66');
is($ip->{rcpt}{$alice}[0], 550, 'a blocked client is refused at RCPT');
like($ip->{rcpt}{$alice}[1], qr/5\.7\.1/, '... with 5.7.1');
unlike($ip->{rcpt}{$alice}[1], qr/203\.0\.113/, '... and no word of the list');
my $env = mail(from => 'half@envelope.example', rcpt => [ $alice, $bob ]);
is($env->{rcpt}{$alice}[0], 550, 'envelope: one recipient is refused alone');
is($env->{rcpt}{$bob}[0], 250, '... the other one is not');
is(scalar(got($bob, $env->{id})), 1, '... and gets it');
$why = why($env->{id});
is_deeply([ sort map { "$_->{rcpt} $_->{place}" } @{$why->{decisions}} ],
    [ "$alice refused", "$bob mailbox" ], '... the ledger knows both');
my $open = mail(from => 'a@open.example', rcpt => [ $alice ]);
is($open->{rcpt}{$alice}[0], 250, 'what an allow frees is not refused at RCPT');
is(mail(from => 'b@open.example', rcpt => [ $alice ])->{rcpt}{$alice}[0], 550,
    '... and another is');
$open = mail(from => 'x@except.example', rcpt => [ $alice ]);
is($open->{rcpt}{$alice}[0], 250,
    'what the content may change is not decided at RCPT');
is($open->{data}[0], 550, '... but at the end');
my $reject = mail(from => 'x@refused.example', rcpt => [ $alice, $bob ]);
is($reject->{data}[0], 550, 'reject for all: refused at the end');
my $gone = mail(from => 'x@gone.example', rcpt => [ $alice ]);
is($gone->{data}[0], 250, 'discard: taken');
is(scalar(got($alice, $gone->{id})), 0, '... and not delivered');
is(scalar(held($gone)), 0, '... nor held');
is(why($gone->{id})->{decisions}[0]{place}, 'discarded',
    '... the ledger knows');

# --- exempt, observe, no tenant -------------------------------------------
my $post = mail(from => 'x@evil.example', rcpt => [ 'postmaster@example.org',
    $alice ]);
is(scalar(got('postmaster@example.org', $post->{id})), 1,
    'postmaster gets mail that others do not');
my $watched = mail(from => 'x@watched.example', rcpt => [ $alice ]);
is(scalar(got($alice, $watched->{id})), 1, 'an observe entry holds nothing');
is(why($watched->{id})->{decisions}[0]{findings}[0]{effect},
    'observe', '... and is in the ledger');

# --- suspicious, but delivered --------------------------------------------
my $odd = mail(from => 'jane.director@freemail.example', rcpt => [ $alice ],
    header_from => '"Jane Director" <jane.director@freemail.example>',
    header => "Reply-To: payments\@elsewhere.example\n");
is(scalar(got($alice, $odd->{id})), 1, 'a suspicious message is delivered');
why($odd->{id});
my $candidate;
Gatepost::Test::wait_for(5, sub {
	($candidate) = grep { $_->{subject} eq "mail $n" }
	    @{$site->json('candidate', 'list')->{items}} });
ok($candidate, '... and a candidate');
like($candidate->{candidate}, qr/name-of-ours/, '... for the name');
like($candidate->{candidate}, qr/reply-to/, '... and the reply address');
my $eml = Gatepost::Test::read_file($site->state_dir .
    "/spool/candidates/new/$candidate->{id}.eml");
like($eml, qr/^Message-ID: <\Q$odd->{id}\E>\r$/m,
    '... whose bytes lie in the spool');
my $text = $site->gatepost('why', $odd->{id})->{out};
like($text, qr/For alice\@example\.org: delivered/, 'why says: delivered');
like($text, qr/suspected \(name-of-ours\)/, '... suspected for what');
like($text, qr/What would have stopped it/, '... what would have stopped it');
like($text, qr/gatepost list add block ip 198\.51\.100\.25/, '... a block');
like($text, qr/gatepost list add block name "jane director" except=example\.org/,
    '... another, that protects the name');
like($text, qr/What to change/, '... and what to change');

# --- headers of ours from outside are taken off ---------------------------
my $forged = mail(from => 'a@some.example', rcpt => [ $alice ],
    header => join('', map { "X-Gatepost-Verdict: clean forged$_\n" } 1 .. 5) .
    "x-gatepost-release: v1 forged\nX-GatePost-Id: forged\n" .
    "Authentication-Results: mx.test.example; spf=pass forged\n" .
    "Authentication-Results: (c) \"MX.test.example\"\n\t; dkim=pass forged\n" .
    "Authentication-Results: other.example; spf=pass theirs\n");
($copy) = got($alice, $forged->{id});
unlike($copy, qr/forged/, 'forged fields of ours are taken off, all of them');
like($copy, qr/theirs/, '... those of others stay');

# --- mode -----------------------------------------------------------------
$site->gatepost('mode', 'observe');
ok(Gatepost::Test::wait_for(3, sub {
	my $m = mail(from => 'x@evil.example', rcpt => [ $alice ]);
	scalar got($alice, $m->{id}) }), 'mode observe: nothing is held');
my $seen = mail(from => 'x@evil.example', rcpt => [ $alice ]);
unlike((got($alice, $seen->{id}))[0], qr/^X-Gatepost/m,
    '... and nothing is edited');
$why = why($seen->{id})->{decisions}[0];
is($why->{asked}, 'quarantine', '... the ledger has what would have been');
like($site->gatepost('stats', '--would')->{out}, qr/x\@evil\.example/,
    '... and stats --would lists it');
$site->gatepost('mode', 'tag');
ok(Gatepost::Test::wait_for(3, sub {
	my $m = mail(from => 'x@evil.example', rcpt => [ $alice ]);
	my ($c) = got($alice, $m->{id});
	$c && $c =~ /action=tag/ }), 'mode tag: only marks');
$site->gatepost('mode', 'enforce');
ok(Gatepost::Test::wait_for(3, sub {
	my $m = mail(from => 'x@evil.example', rcpt => [ $alice ]);
	scalar held($m) }), 'mode enforce: holds again');

# --- sendmail(1) on this host ---------------------------------------------
$site->write_list(example => "block ip 127.0.0.1 action=reject\n");
$site->wait_log(qr/entries=1\n/, 5);
my $local = $site->run({ stdin => "From: root\@example.org\nTo: $alice\n" .
    "Message-ID: <local\@example.org>\nSubject: local\n\nx\n" },
    'sendmail', '-C', $site->dir . '/postfix/etc', '-f', 'root@example.org',
    '-i', $alice);
is($local->{code}, 0, 'sendmail(1) is not refused at RCPT');

$site->postfix_stop;
$site->stop;
done_testing();
