#!/usr/bin/perl
#
# 230-content-defects.t -- defects are in one table, in the manual, counted in
# the facts and the ledger, and a tenant can give each an action

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $top = "$FindBin::Bin/..";

sub names {
	my ($file, $pattern) = @_;
	my $text = Gatepost::Test::read_file("$top/$file");

	return sort($text =~ /$pattern/mg);
}

# --- one table ------------------------------------------------------------

my @seen = names('include/gatepost/content/defect.h',
    qr/^#define DEFECT_\w+ "([^"]+)"/m);
my ($manual) = Gatepost::Test::read_file("$top/milter/model/gatepost.conf.5")
    =~ /^\.Sh DEFECTS\n(.*?)^\.Sh/ms;

cmp_ok(scalar(@seen), '>', 50, 'the content names its defects');
is_deeply([names('milter/model/defects.c', qr/^\t\{ "([^"]+)", \w+,/m)],
    \@seen, '... and the table has them all');
is_deeply([sort($manual =~ /^\.It Cm (\S+)/mg)], \@seen,
    '... and the manual');
is_deeply([sort($manual =~ /^\.It Cm (\S+) No \*/mg)],
    [names('milter/model/defects.c', qr/^\t\{ "([^"]+)", true,/m)],
    '... with those that make a candidate');

# --- what is done ---------------------------------------------------------

my $site = Gatepost::Test->new(
    lists => { example => "allow sender friend\@client.example " .
	"proof=none\n" },
    tenant => { defects => [
	{ names => ['boundary-twice', 'mime-hidden'],
	  action => 'quarantine' },
	{ names => ['header-blank'], action => 'tag' },
	{ names => ['body-smtp'], action => 'reject' },
    ] });
$site->start;

my $head = "To: jane\@example.org\nSubject: x\n" .
    "Date: Sat, 21 Nov 2026 10:00:00 +0000\nMIME-Version: 1.0\n";
my $twice = "Content-Type: multipart/mixed; boundary=b; boundary=c\n\n" .
    "--b\n\nx\n--b--\n--c\n\ny\n--c--\n";
my %mail = (
	plain => "From: a\@client.example\n$head\nx\n",
	twice => "From: a\@client.example\n$head$twice",
	blank => "From : a\@client.example\n$head\nx\n",
	smtp => "From: a\@client.example\n$head\nx\n.\nMAIL FROM:<x\@y>\n",
	both => "From : a\@client.example\n$head$twice",
	friend => "From: friend\@client.example\n$head$twice",
	nul => "From: a\@client.example\n$head\nx\0y\n",
	quoted => "From: a\@client.example\n$head" .
	    "Content-Type: multipart/mixed; boundary=b\n\n" .
	    join('', map { "--b\nContent-Type: application/zip\n" .
		"Content-Transfer-Encoding: x$_\n\nx\n" } 1 .. 3) . "--b--\n",
);

sub try {
	my ($name, $from) = @_;
	my $file = $site->dir . "/$name.eml";

	Gatepost::Test::write_file($file, $mail{$name});
	return $site->json('try', $file, '--from',
	    $from // 'a@client.example', '--rcpt', 'jane@example.org',
	    '--ip', '192.0.2.7');
}

for ([ 'plain', 'deliver', 'mail without a defect' ],
    [ 'twice', 'quarantine', 'a defect with an action' ],
    [ 'blank', 'tag', 'another' ], [ 'smtp', 'reject', 'a third' ],
    [ 'both', 'quarantine', 'two: the harder action' ],
    [ 'nul', 'deliver', 'a defect without an action' ],
    [ 'friend', 'deliver', 'an allow goes before it' ]) {
	my ($name, $action, $what) = @$_;
	my $tried = try($name, $name eq 'friend' ? 'friend@client.example' :
	    undef);

	is($tried->{decisions}[0]{action}, $action, "$what: $action");
}
my $decision = try('twice')->{decisions}[0];
is($decision->{because}{check}, 'shape', 'the finding is of the shape');
like($decision->{because}{reason}, qr/boundary-twice: two boundaries/,
    '... and names the defect, in words');
is($decision->{category}, 'unknown', '... its category');
ok(!grep({ $_ eq 'truncated' } @{$decision->{candidate}}),
    '... and nothing was cut');
is_deeply([map { $_->{count} } grep { $_->{name} eq 'encoding-unknown' }
    @{try('quoted')->{facts}{defect_counts}}], [3], 'each is counted');

# The same through the milter, and in the ledger.
my $sent = $site->milter_message(from => 'a@client.example',
    client => '192.0.2.7', rcpt => 'jane@example.org', data => $mail{twice});
is($sent->{verdict}, 'discard', 'held by the daemon');
my ($item) = @{$site->json('quarantine', 'list')->{items}};
ok($item, '... in quarantine');
Gatepost::Test::wait_for(10, sub {
	$site->gatepost('why', $item->{id})->{code} == 0 });
my $record = $site->json('why', $item->{id});
is_deeply($record->{facts}{defects}, try('twice')->{facts}{defects},
    '... and the ledger has the defects');
$sent = $site->milter_message(from => 'a@client.example',
    client => '192.0.2.7', rcpt => 'jane@example.org', data => $mail{smtp});
is($sent->{verdict}, 'reject', 'refused by the daemon');
$site->stop;

# --- in a list ----------------------------------------------------------------

my $listed = Gatepost::Test->new(lists => { example =>
    "block defect body-nul for=jane\@example.org\n" .
    "block defect body-smtp action=tag\n" .
    "observe defect boundary-twice\n" });
$listed->start;
foreach my $case ([ nul => 'quarantine' ], [ smtp => "tag" ],
    [ twice => 'deliver' ], [ plain => 'deliver' ]) {
	my ($name, $action) = @$case;
	my @records;

	$listed->milter_message(from => "$name\@client.example",
	    client => '192.0.2.7', rcpt => 'jane@example.org',
	    data => $mail{$name});
	Gatepost::Test::wait_for(10, sub {
		@records = @{$listed->json('trace', '--envelope',
		    "$name\@client.example")->{records}};
	});
	is($records[0]{decisions}[0]{action}, $action,
	    "a list of defects: $name: $action");
}
like($listed->gatepost('list', 'find', 'defect', 'body-nul', '--rcpt',
    'jane@example.org')->{out}, qr/block defect body-nul/, '... is found');
foreach my $bad ([ 'block defect boundary-twise', qr/is no defect/ ],
    [ 'allow defect body-nul', qr/no reason to let mail in/ ],
    [ 'block defect body-nul direction=out', qr/says nothing of mail/ ]) {
	$listed->write_list(example => "$bad->[0]\n");
	my $check = $listed->gatepost('check', '--lists');
	isnt($check->{code}, 0, "no entry: $bad->[0]");
	like($check->{err} . $check->{out}, $bad->[1], '... and why');
}
$listed->stop;
# --- what is no defect is refused -----------------------------------------

for ([ [{ names => ['boundary-thrice'], action => 'tag' }],
	qr/"boundary-thrice" is none; see gatepost\.conf\(5\), DEFECTS/ ],
    [ [{ names => ['body-nul'] }], qr/action/ ],
    [ [{ names => ['body-nul'], action => 'burn' }], qr/burn/ ]) {
	my ($defects, $says) = @$_;
	my $bad = Gatepost::Test->new(tenant => { defects => $defects });
	my $run = $bad->gatepost('check');

	is($run->{code}, 78, 'a bad configuration is refused');
	like($run->{err} . $run->{out}, $says, '... and says why');
}

done_testing();
