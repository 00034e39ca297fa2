#!/usr/bin/perl
#
# 705-report-triage.t -- through Postfix: mail that came through is reported,
# listed, marked and submitted, its reporters are told; drills; mail moved to
# junk; forgetting a person, and the sweep

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Reports qw(carrier phish report_rows);
use Gatepost::Test;
use Test::More;

Gatepost::Test->need('root', 'postfix');

my ($alice, $bob, $eve) = map { "$_\@example.org" } qw(alice bob eve);
my $site = Gatepost::Test->new(
    tenants => [
	{ name => 'example', domains => ['example.org'], language => 'de',
	  reports => { phish => 'phish@example.org',
	      junk => 'junk@example.org', drill_key => '@DIR@/drill',
	      text => { spam => "It is spam, says Jo.",
		  footer => 'Help desk, 1234' } } },
	{ name => 'other', domains => ['other.org'],
	  reports => { phish => 'phish@other.org' } } ],
    config => { release => { smtp => '127.0.0.1:@RELEASE_PORT@' },
	roles => [ { group => 'daemon', may => [ 'report.list' ],
	    tenants => [ 'other' ] } ] });
my $key = 'a key of drills, 26 octets';
Gatepost::Test::write_file($site->dir . '/drill', "$key\n");
chown((getpwnam('nobody'))[2], -1, $site->dir . '/drill');
chmod(0600, $site->dir . '/drill');
$site->start;
$site->postfix_start;

sub rows { return report_rows($site, @_) }

# Have $count rows, and give them.
sub wait_rows {
	my ($count, @filter) = @_;

	Gatepost::Test::wait_for(20, sub { rows(@filter) >= $count });
	return rows(@filter);
}

sub report {
	my ($who, $to, %arg) = @_;

	return $site->smtp(from => $who, rcpt => [ $to ],
	    client => '203.0.113.9', login => $who,
	    data => carrier(from => $who, to => $to, %arg))->{data}[0];
}

# --- delivered, reported --------------------------------------------------

my $mail = phish(subject => 'Your account', id => 'one@evil.example');
is($site->smtp(from => 'x@evil.example', rcpt => [ $alice, $bob ],
    client => '198.51.100.25', data => $mail)->{data}[0], 250,
    'a message comes through');
my ($copy) = $site->wait_mailbox($alice, 1);
my ($other) = $site->wait_mailbox($bob, 1);
like($copy, qr/^X-Gatepost-Id: (\w+)/m, '... to two people');
my ($id) = $copy =~ /^X-Gatepost-Id: (\w+)/m;

is(report($alice, 'phish@example.org', message => $copy), 250,
    'one of them forwards it as an attachment');
is(report($bob, 'phish@example.org', form => 'eml', message => $other), 250,
    '... the other as a file');
my @rows = wait_rows(1);
is(scalar @rows, 1, 'both are one row');
my $report = $rows[0]{id};
is($rows[0]{count}, 2, '... of two reporters');
is($rows[0]{message}, $id, '... matched to the message that came');
is(scalar(grep { $_->{rcpt} =~ /^phish/ }
    @{$site->json('quarantine', 'list')->{items}}), 0,
    '... and nothing of it is held');
is(scalar($site->mailbox('phish@example.org')), 0, '... or delivered');
is(scalar($site->mailbox($alice)), 1, '... or acknowledged');
my $show = $site->json('report', 'show', $report);
is("$show->{ledger}{action} $show->{ledger}{place}", 'deliver mailbox',
    'show: what the ledger knows');
is(scalar @{$show->{items}}, 2, '... and each report');
my $text = $site->gatepost('report', 'show', $report)->{out};
like($text, qr/What the ledger knows:/, '... in words, too');
like($text, qr/phish by alice\@example\.org/, '... with who it was');

# --- listing --------------------------------------------------------------

report($eve, 'junk@example.org', message =>
    phish(subject => '=1+1', from => 'n@news.example'));
wait_rows(2);
for my $row ([ [], 2 ], [ [ '--reason', 'phish' ], 1 ],
    [ [ '--reason', 'junk' ], 1 ], [ [ '--reason', 'not-junk' ], 0 ],
    [ [ '--reporter', $bob ], 1 ], [ [ '--sender', 'x@evil.example' ], 1 ],
    [ [ '--sender', '@news.example' ], 1 ], [ [ '--drill', 'no' ], 2 ],
    [ [ '--converted', 'yes' ], 0 ], [ [ '--marked', 'none' ], 2 ],
    [ [ '--state', 'new' ], 2 ], [ [ '--since', '1d' ], 2 ],
    [ [ '--since', '2030-01-01' ], 0 ], [ [ '--tenant', 'other' ], 0 ],
    [ [ '--unverified' ], 0 ], [ [ '--most', '1' ], 1 ]) {
	my ($words, $count) = @$row;

	is(scalar(rows(@$words)), $count, "list @$words: $count");
}
like($site->gatepost('report', 'list')->{out}, qr/^$report .*\b2\b/m,
    'the table counts reporters');
$text = $site->gatepost('report', 'list', '--group-by', 'reporter')->{out};
is(join(' ', sort $text =~ /^reporter (\S+): 1$/mg), "$alice $bob $eve",
    'grouped by reporter each has his own');
my $csv = $site->gatepost('report', 'list', '--csv')->{out};
like($csv, qr/^id,last,count,/, 'CSV has a head');
like($csv, qr/,'=1\+1,/, '... and no formula');
is($site->gatepost('report', 'list', '--group-by', 'x')->{code}, 64,
    'what is no column is refused');
is($site->gatepost('report', 'show', '01AAAAAAAAAAAAAAAAAAAAAAAA')->{code},
    66, 'a report that there is not');

# --- mark -----------------------------------------------------------------

is($site->gatepost('report', 'mark', $report, 'odd')->{code}, 64,
    'a mark is a word of three');
my $marked = $site->gatepost('report', 'mark', $report, 'phish', '--note',
    'credential theft');
is($marked->{out}, "$report marked phish, told 2 reporters\n", 'mark')
    or diag($marked->{err});
for my $who ($alice, $bob) {
	my ($told) = grep { /^Auto-Submitted: auto-generated/m }
	    $site->wait_mailbox($who, 2);

	like($told || '', qr/war Phishing/, "$who is told, in his language");
	like($told || '', qr/evil\[\.\]example/, '... of what, without a link');
	like($told || '', qr/^Help desk, 1234\r?$/m, '... with the footer');
}
($show) = rows('--marked', 'phish');
is("$show->{id} $show->{state} $show->{note}",
    "$report marked credential theft", 'the row says so');
ok($show->{marked_by} && $show->{marked_at}, '... and who, and when');
my ($junk) = rows('--reason', 'junk');
is($site->gatepost('report', 'mark', $junk->{id}, 'spam',
    '--no-notice')->{out}, "$junk->{id} marked spam, told 0 reporters\n",
    'marked without a notice');
is(scalar($site->mailbox($eve)), 0, '... nobody is told');
$site->gatepost('report', 'mark', $junk->{id}, 'spam');
my ($own) = $site->wait_mailbox($eve, 1);
like($own || '', qr/^It is spam, says Jo\./m, "... and then, in the tenant's words");
# Strangers are told nothing, and neither is who stands in the message.
is($site->smtp(from => 'z@y.example', rcpt => [ 'phish@example.org' ],
    client => '203.0.113.9', data => carrier(from => $eve,
	to => 'phish@example.org', message => phish()))->{data}[0], 250,
    'a stranger under the name of a user');
my ($stranger) = wait_rows(1, '--unverified');
is($site->gatepost('report', 'mark', $stranger->{id}, 'clean')->{out},
    "$stranger->{id} marked clean, told 0 reporters\n",
    '... is told nothing');
is(scalar($site->mailbox($eve)), 1, '... nor is that user');

# Who reports it later finds it marked.
report($eve, 'phish@example.org', message => $mail);
ok(Gatepost::Test::wait_for(20, sub { (grep { "@{$_->{reporters}}" eq $eve &&
    $_->{subject} eq 'Your account' } rows()) == 1 }),
    'who did not get it has a row of his own');

# --- submit ---------------------------------------------------------------

my $done = $site->gatepost('report', 'submit', $report, '--block', 'sender',
    '--note', 'x');
is($done->{code}, 0, 'submit') or diag($done->{err});
($show) = rows('--converted', 'yes');
is($show->{id}, $report, '... is noted');
is($show->{state}, 'submitted', '... as a state');
my $submission = $site->json('submission', 'show', $show->{submission});
is("$submission->{as} $submission->{source} $submission->{message}",
    "phish report $id", 'the submission is of the message that came');
is(scalar @{$submission->{reports}}, 2, '... for both reports');
like(Gatepost::Test::read_file($site->state_dir . '/lists/example.list') // '',
    qr/^block sender x\@evil\.example/m, '... and the sender is blocked');
$done = $site->gatepost('report', 'submit', $junk->{id});
is($done->{code}, 0, 'what the ledger does not know is submitted as it came')
    or diag($done->{err});
($show) = grep { $_->{id} eq $junk->{id} } rows('--converted', 'yes');
is($site->json('submission', 'show', $show->{submission})->{as}, 'spam',
    '... as what it was marked');

# --- drills ---------------------------------------------------------------

my $field = $site->gatepost('report', 'drill', '--tenant', 'example',
    '--campaign', 'autumn-1', $alice)->{out};
like($field, qr/^X-Phishing-Drill: v1 autumn-1 \d+ [0-9a-f]{64}\n\z/,
    'the field of a drill');
my ($until, $mac) = $field =~ /(\d+) ([0-9a-f]{64})/;
require Digest::SHA;
is($mac, Digest::SHA::hmac_sha256_hex("drill\nexample\n$alice\nautumn-1\n" .
    $until, $key), '... as the manual says');
is($site->gatepost('report', 'drill', '--tenant', 'other', '--campaign', 'x',
    'a@other.org')->{code}, 66, '... which needs a key');
my @before = $site->mailbox($alice);
report($alice, 'phish@example.org', message => $field .
    phish(subject => 'Drill one'));
my ($drill) = wait_rows(1, '--drill', 'yes');
is("$drill->{drill} $drill->{category} $drill->{state}",
    'autumn-1 phishingSimulation drill', 'a drill that is reported is one');
my @after = $site->wait_mailbox($alice, @before + 1);
like($after[-1], qr/=\?utf-8|Gut erkannt/, '... and its reporter is thanked');
is($site->json('report', 'show', $drill->{id})->{items}[0]{item}, '',
    '... nothing of it is kept');
is($site->gatepost('report', 'submit', $drill->{id})->{code}, 65,
    '... or leaves');
for my $row ([ "another's", $bob, $field ],
    [ 'a changed one', $alice, $field =~ s/autumn-1/autumn-2/r ],
    [ 'one that is over', $alice, 'X-Phishing-Drill: v1 a 1600000000 ' .
	Digest::SHA::hmac_sha256_hex("drill\nexample\n$alice\na\n1600000000",
	    $key) . "\n" ]) {
	my ($name, $who, $line) = @$row;

	report($who, 'phish@example.org', message => $line .
	    phish(subject => "Not a drill: $name"));
	ok(Gatepost::Test::wait_for(20, sub { grep {
	    $_->{subject} eq "Not a drill: $name" } rows('--drill', 'no') }),
	    "$name field makes no drill");
}

# --- moved to junk --------------------------------------------------------

my $moved = $site->run({ stdin => $other }, Gatepost::Test::program(
    'gatepost'), '-c', $site->config_file, 'report', 'add', '--as', 'junk',
    '--user', $bob);
is($moved->{code}, 0, 'report add') or diag($moved->{err});
($show) = grep { $_->{id} eq $report } rows();
is("@{[sort @{$show->{reasons}}]}", 'junk phish',
    '... finds the message, and adds its reason');
is($site->run({ stdin => '' }, Gatepost::Test::program('gatepost'), '-c',
    $site->config_file, 'report', 'add', '--as', 'junk', '--user',
    $bob)->{code}, 65, 'nothing is no message');
is($site->gatepost('report', 'add', '--as', 'junk', '--user',
    'x@nowhere.example', '--tenant', 'nowhere')->{code}, 64,
    'nobody is no user');

# --- forgotten, and swept -------------------------------------------------

is($site->gatepost('user', 'forget', $eve, '--yes')->{code}, 0,
    'a person is forgotten');
is(scalar(grep { "@{$_->{reporters}}" =~ /\Q$eve\E/ } rows()), 0,
    '... with what he reported');
is($site->gatepost('sweep')->{code}, 0, 'sweep');
ok(scalar(rows()) > 0, '... leaves what is young');
my $left = () = glob($site->state_dir . '/reports/kept/*.eml');
cmp_ok($left, '>', 0, '... and its octets');
SKIP: {
	skip('faketime is not installed', 2)
	    unless Gatepost::Test::installed('faketime');
	$site->gatepost({ in => '+200d' }, 'sweep');
	is(scalar(rows()), 0, 'after 180 days nothing is left');
	$left = () = glob($site->state_dir . '/reports/kept/*');
	is($left, 0, '... of the octets, too');
}

$site->stop;
done_testing();
