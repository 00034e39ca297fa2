#!/usr/bin/perl
#
# 795-loop.t -- one phish from its delivery by a real Postfix to the next one
# being held: reported, triaged, submitted with a block, analysed, explained,
# its reporter and the admins told

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

Gatepost::Test->need('root', 'postfix');

my ($alice, $chief) = ('alice@example.org', 'chief@example.org');
my $site = Gatepost::Test->new(lists => { example =>
    "allow envelope mailer.example proof=none note=\"our survey tool\"\n" });
my $analyst = $site->dir . '/analyse';

Gatepost::Test::write_file($analyst, "#!/bin/sh\ncat >/dev/null\n" .
    "echo 'phish a page that steals passwords'\n");
chmod(0755, $analyst, $site->dir);
$site->write_config(tenants => [ { name => 'example',
	domains => ['example.org'], lists => ['@DIR@/lists/example.list'],
	admins => [$chief], reports => { phish => 'phish@example.org' },
	evidence => { retain => 'full' } } ],
    analysts => [ { name => 'script', type => 'command',
	argv => [$analyst] } ],
    release => { smtp => '127.0.0.1:' . $site->release_port });
$site->start;
$site->postfix_start;

sub phish {
	my ($n) = @_;

	return join("\r\n", "From: Survey <s$n\@mailer.example>",
	    "To: $alice", "Subject: Win a prize $n",
	    "Message-ID: <$n\@mailer.example>", 'MIME-Version: 1.0',
	    'Content-Type: text/plain', '',
	    'Answer here: https://prize.example/form/login', '');
}

sub post {
	my ($n) = @_;

	return $site->smtp(from => "bounce$n\@mailer.example",
	    rcpt => [$alice], client => '198.51.100.25', data =>
	    phish($n))->{data}[0];
}

sub mails_to {
	my ($who, $subject) = @_;

	Gatepost::Test::wait_for(10, sub {
		grep { /^Subject: $subject/m } $site->mailbox($who) });
	return grep { /^Subject: $subject/m } $site->mailbox($who);
}

# --- delivered, since an entry let it in -------------------------------------------

is(post(1), 250, 'a phish comes in');
my ($copy) = $site->wait_mailbox($alice, 1);
like($copy, qr{https://prize\.example/form/login}, '... to a mailbox');
my ($id) = $copy =~ /^X-Gatepost-Id: (\w{26})/m;
ok($id, '... with our id');

# --- reported ------------------------------------------------------------------------

my $report = join("\r\n", "From: Alice <$alice>", 'To: phish@example.org',
    'Subject: is this real?', 'Message-ID: <r@example.org>',
    'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b', '',
    '--b', 'Content-Type: text/plain', '', 'Is it?', '--b',
    'Content-Type: message/rfc822', '', $copy =~ s/\r?\n/\r\n/gr, '--b--', '');
is($site->smtp(from => $alice, rcpt => ['phish@example.org'],
    client => '203.0.113.9', login => $alice, data => $report)->{data}[0],
    250, 'its reader reports it');
my $row;
ok(Gatepost::Test::wait_for(20, sub {
	($row) = @{$site->json('report', 'list')->{items}} }),
    '... which is listed');
is($row->{message}, $id, '... as the message that was delivered');
is(scalar(mails_to($chief, 'Reported as phish by a user')), 1,
    'the admins hear of it');

# --- triaged, submitted, blocked --------------------------------------------------------

my $run = $site->gatepost('report', 'show', $row->{id});
like($run->{out}, qr/let it in|allow list/, 'the admin sees why it came in')
    or diag($run->{out});
$run = $site->gatepost('report', 'submit', $row->{id}, '--as', 'suspicious');
is($run->{code}, 0, 'asked what it is') or diag($run->{err});
my ($asked) = $run->{out} =~ /^(\w{26}) submitted/m;
is($site->json('submission', 'show', $asked)->{result},
    'allowedDueToOrganizationOverride',
    'an entry let it in, which needs no analyst');
my %advice = map { $_->{rule} => $_->{text} }
    @{$site->json('submission', 'show', $asked)->{advice}};
like($advice{'entry-let-in'}, qr/allow envelope mailer\.example.*remove it/,
    '... and the advice is to remove it');
is(scalar(mails_to($chief, 'An allow entry let in a threat')), 0,
    '... a question is no finding');
$run = $site->gatepost('submit', $id, '--as', 'phish', '--rcpt', $alice);
is($run->{code}, 0, 'the admin is sure') or diag($run->{err});
my ($malicious) = mails_to($chief, 'An allow entry let in a threat');
like($malicious // '', qr/an admin found to be phish:.*list remove \w+ --tenant/s,
    '... so the entry is told to be malicious');
my ($key) = $advice{'entry-let-in'} =~ /^Entry (\w+)/;
is($key, ($site->json('list', 'show')->{entries}[0]{key} // ''),
    '... by its key');
Gatepost::Test::write_file($site->dir . '/lists/example.list', "# none\n");
ok($site->wait_log(qr/in-force generation=\d+ entries=0/, 10),
    'the admin takes it out');

# The next one comes in, too: no entry, but nothing against it either.
is(post(2), 250, 'another comes in');
my (undef, $second) = $site->wait_mailbox($alice, 2);
($id) = $second =~ /^X-Gatepost-Id: (\w{26})/m;
ok(Gatepost::Test::wait_for(5, sub {
	$site->gatepost('why', $id)->{code} == 0 }), '... and is recorded');
$run = $site->gatepost('submit', $id, '--as', 'phish', '--rcpt', $alice,
    '--block', 'url', '--note', 'the survey again');
is($run->{code}, 0, 'its octets are evidence, though no candidate')
    or diag($run->{err});
like($run->{out}, qr/block url prize\.example\/form\/login/,
    '... and its link is blocked in the same step');
my ($submission) = $run->{out} =~ /^(\w{26}) submitted/m;
my $whole = $second =~ s{\r?\n}{\r\n}gr;
$report =~ s/<r\@/<r2\@/;
$report =~ s/(message\/rfc822\r\n\r\n).*?(--b--)/$1$whole$2/s;
$site->smtp(from => $alice, rcpt => ['phish@example.org'],
    client => '203.0.113.9', login => $alice, data => $report);
ok(Gatepost::Test::wait_for(20, sub {
	($row) = grep { ($_->{message} // '') eq $id }
	    @{$site->json('report', 'list')->{items}} }),
    'its reader reports this one, too');
$run = $site->gatepost('report', 'submit', $row->{id}, '--as', 'malware');
my ($from_report) = $run->{out} =~ /^(\w{26}) submitted/m;
ok($from_report, '... and it is submitted for him') or diag($run->{err});

# --- analysed --------------------------------------------------------------------------------

$run = $site->gatepost('drain');
is($run->{code}, 0, 'cron drains the spool') or diag($run->{err});
my $one = $site->json('submission', 'show', $submission);
is("$one->{status} $one->{result} $one->{verdict}",
    'completed threatsFound phish', 'the analyst finds a threat');
is($one->{attempts}[0]{detail}, 'a page that steals passwords',
    '... and says why');
my $left = $site->gatepost('submission', 'show', $submission, '--sent',
    'script')->{out};
unlike($left, qr/alice/, 'whom it went to did not leave');
like($left, qr/prize\.example/, '... what it says did');
is($one->{attempts}[0]{size}, length($left), '... as the record has it');
my ($entry) = grep { $_->{kind} eq 'url' }
    @{$site->json('list', 'show')->{entries}};
ok($entry, 'the block stands');

# --- told -----------------------------------------------------------------------------------------

my ($told) = mails_to($alice, 'Your report: it was phishing');
ok($told, 'the reporter is told');
like($told, qr/Win a prize 2/, '... of which message');
my ($alert) = mails_to($chief, 'Submission completed: Threats found');
ok($alert, 'the admins are told');
like($alert, qr/^Why it was delivered:\r?\n  decided: /m,
    '... why it was let in');
like($alert, qr/^  authentication: /m, '... what proved who sent it');
like($alert, qr/gatepost submission show \w{26}/, '... with the next step');
is($site->json('report', 'show', $row->{id})->{marked} // '', 'phish',
    'the report is settled') or
    diag($site->gatepost('report', 'show', $row->{id})->{out});

# --- and the next one ----------------------------------------------------------------------------

is(post(3), 250, 'the next such message');
ok(Gatepost::Test::wait_for(10, sub {
	grep { $_->{subject} eq 'Win a prize 3' }
	    @{$site->json('quarantine', 'list')->{items}} }), '... is held');
is(scalar(grep { /Win a prize 3/ } $site->mailbox($alice)), 0,
    '... and not delivered');

$site->stop;
$site->postfix_stop;
done_testing();
