#!/usr/bin/perl
#
# 360-lists-exchange.t -- import and export: our lines, CSV and JSON without
# loss, what the hosted service prints, and what is said of each item

use strict;
use warnings;

use Encode qw(encode);
use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use JSON::PP;
use POSIX ();
use Test::More;

my $all = <<'EOT';
block sender evil.example expires=2030-12-31T12:00:00Z note="INC-1042, \"urgent\""
block sender *.evil.example by=jane
allow sender %22bad%2B%20one%22@fourth.example proof=dkim unused=45d added=2026-11-21T10:00:00Z
block envelope <> action=reject
block envelope bounce@bulk.example for=jane@example.org,example.org as=bulk
block name "Jane \"the\" Director, CEO" except=example.org,example.net
block ip 203.0.113.0/24 direction=in
block ip 2001:db8:bad::/48 wide=yes
block url ~login-example.test
block url shop.example/a/* note=semi;colon
allow url safe.example override=phish_high
block file 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
block filename *.html.zip submission=01M802ZRM5ZHDABCNB3R1ZZJ5K
block filename "two words.exe"
allow spoof example.org mailer.example
block spoof * 198.51.100.0/24
observe sender /^ceo[0-9]+@/
block sender bücher.example note="Grüße, 日本"
EOT
my @names = qw(one two three four);
my $site = Gatepost::Test->new(tenants => [map { {
	name => $_, domains => ["$_.example.org", ($_ eq 'one' ?
	    ('example.org') : ())] } } @names]);
my $file = $site->dir . '/import';

# for= wants users of the tenant itself.
sub for_tenant {
	my ($text, $tenant) = @_;

	$text =~ s/for=\S+/for=jane\@$tenant.example.org,$tenant.example.org/;
	return $text;
}

sub take {
	my ($tenant, $text, @more) = @_;

	Gatepost::Test::write_file($file, $text);
	return $site->gatepost('list', 'import', '--tenant', $tenant, @more,
	    $file);
}

# The entries of TENANT without what differs by place.
sub entries {
	my ($tenant) = @_;

	return [map {
		my $entry = $_;
		my $for = delete $entry->{options}{for};

		$entry->{for} = [map { s/\Q$tenant.\E//r } @$for] if $for;
		+{ map { ($_ => $entry->{$_}) } qw(action kind value source
		    options for) };
	} @{$site->json('list', 'show', '--tenant', $tenant)->{entries}}];
}

# --- round trips --------------------------------------------------------------

my $run = take('one', for_tenant($all, 'one'));
is($run->{code}, 0, 'our own lines are taken') or diag($run->{out}, $run->{err});
like($run->{out}, qr/^18 taken, 0 changed, 0 were there, 0 refused$/m,
    '... all of them');
my $first = entries('one');
is(scalar @$first, 18, '... and stand there');
my %to = (list => 'two', csv => 'three', json => 'four');
foreach my $format (sort keys %to) {
	my $tenant = $to{$format};
	my $out = $site->gatepost('list', 'export', '--tenant', 'one',
	    '--format', $format)->{out};

	$out =~ s/one\.example\.org/$tenant.example.org/g;
	$run = take($tenant, $out);
	is($run->{code}, 0, "$format: exported and imported")
	    or diag($run->{out}, $run->{err});
	is_deeply(entries($tenant), $first, '... without loss');
	$run = take($tenant, $out);
	like($run->{out}, qr/^0 taken, 0 changed, 18 were there, 0 refused$/m,
	    '... and again: all were there');
}
my ($managed) = map { $site->state_dir . "/lists/$_.list" } 'two';
like(Gatepost::Test::read_file($managed),
    qr/^block sender evil\.example expires=2030-12-31T12:00:00Z note="INC-1042, \\"urgent\\""$/m,
    'a list line is kept as it was written');

# --- what is said ---------------------------------------------------------------

$run = take('one', "kind;action;value;expires;note\r\n" .
    "sender;Block;a.example;2031-01-01;\"two\r\nlines; \"\"quoted\"\"\"\r\n" .
    "sender;block;co.uk;;\r\n" .
    "nonsense;block;b.example;;\r\n" .
    "sender;block;evil.example;;other\r\n" .
    "sender;block;a.example;;again\r\n");
is($run->{code}, 65, 'CSV by semicolons with faults: exit 65');
like($run->{out}, qr/:2: changed: a\.example; line breaks have become blanks/,
    '... a changed row says how');
like($run->{out}, qr/:4: refused: co\.uk: /, '... a refused one why');
like($run->{out}, qr/:5: refused: b\.example: .*nonsense/, '... and which');
like($run->{out}, qr/:6: changed: evil\.example; replaces block sender evil/,
    '... one that is there is replaced');
like($run->{out}, qr/:7: refused: a\.example: the same .* line 2/,
    '... a repeated one refused');
like($run->{out}, qr/^0 taken, 2 changed, 0 were there, 3 refused$/m,
    '... and counted');
my ($evil) = grep { $_->{value} eq 'evil.example' } @{+entries('one')};
is_deeply($evil->{options}, { note => 'other' }, '... the new one stands');
my ($quoted) = grep { $_->{value} eq 'a.example' } @{+entries('one')};
is($quoted->{options}{note}, 'two  lines; "quoted"', '... and the note');

my $before = Gatepost::Test::read_file($managed);
$run = take('two', "block sender new.example\nblock sender co.uk\n",
    '--strict');
is($run->{code}, 65, '--strict with a fault: exit 65');
like($run->{out}, qr/nothing was written/, '... says so');
is(Gatepost::Test::read_file($managed), $before, '... and writes nothing');
$run = take('two', "block sender new.example\n", '--dry-run');
is($run->{code}, 0, '--dry-run');
is(Gatepost::Test::read_file($managed), $before, '... writes nothing');
$site->write_list(two => "block sender theirs.example\n");
like(take('two', "block sender theirs.example note=x\n")->{out},
    qr/refused: .*two\.list:1 already/,
    'what stands in an operator\'s file is refused with its place');
$run = take('two', "kind,action,colour\n");
is($run->{code}, 65, 'an unknown column: exit 65');
like($run->{err}, qr/column "colour" is not known/, '... is named');
is(take('two', "block sender caf\xe9.example\n")->{code}, 65,
    'Latin-1 is refused');
is($site->gatepost('list', 'import', '--tenant', 'two', '/nonexistent')->{code},
    66, 'no such file: exit 66');
chmod(0600, $file);
is(take('two', "block sender mine.example\n")->{code}, 0,
    'a file that only the caller may read');

# What is said of an item is what is written: nothing in it becomes more.
$run = take('two', "kind;action;value;source\n" .
    "\"sender a1.example\";block;b1.example;\n" .
    "sender;\"allow sender a2.example proof=none #\";b2.example;\n" .
    "spoof;allow;a3.example;\"m.example\nallow sender a4.example\"\n" .
    "sender;block;\"/x/ for=two.example.org /\";\n");
like($run->{out}, qr/:2: refused: b1\.example: "sender a1\.example" is no kind/,
    'a kind with more than a word is refused');
like($run->{out}, qr/:3: refused: b2\.example: .* is no action: write block/,
    '... and such an action');
like($run->{out}, qr/^1 taken, 0 changed, 0 were there, 3 refused$/m,
    '... and a line break ends nothing') or diag($run->{out});
$run = take('two', encode_json({ entries => [ map { { kind => 'sender',
    value => 'b3.example', options => {}, action => $_ } }
    "block sender a5.example\nallow", 'block' ] }));
like($run->{out}, qr/:1: refused: b3\.example: .*is no action/,
    '... in JSON as well');
is_deeply([map { [$_->{value}, $_->{options}] } grep { $_->{value} =~ /x/ &&
    $_->{value} =~ /^\// } @{+entries('two')}],
    [['/x/ for=two.example.org /', {}]], '... nor an expression');
is(scalar(grep { $_->{value} =~ /^a\d\.example$/ && $_->{kind} eq 'sender' }
    @{+entries('two')}), 0, '... so that none of these stands there');

# Who moves in brings entries that were used elsewhere.
$run = take('two', "allow sender old.example unused=45d " .
    "added=2020-01-01T00:00:00Z\n");
like($run->{out}, qr/changed: .*unused= counts from now/,
    'unused= of long ago counts from the import');
my ($old) = grep { $_->{value} eq 'old.example' } @{+entries('two')};
cmp_ok($old->{options}{added}, 'gt', '2026', '... which is its added=');
$old = $old->{options}{added};
$run = take('two', "allow sender old.example unused=45d added=$old\n");
like($run->{out}, qr/, 1 were there, /, '... and then stays as it is');

# --- the hosted service -----------------------------------------------------

my $json = <<'EOT';
[
 { "Value": "phish.example", "Action": "Block", "ListType": "Sender",
   "ListSubType": "Tenant", "ExpirationDate": "2031-05-30T09:30:00Z",
   "Notes": "seen\r\ntwice", "ModifiedBy": "jane@corp.example",
   "SubmissionID": "", "RemoveAfter": 0, "LastUsedDate": null },
 { "Value": "good@partner.example", "Action": "Allow",
   "ExpirationDate": null, "RemoveAfter": 45,
   "CreatedDateTime": "/Date(1795300667982)/" },
 { "Value": "~contoso.com~", "Action": "Block" },
 { "Value": "768a813668695ef2483b2bde7cf5d1b2db0423a0d3e63e498f3ab6f2eb13ea3e",
   "Action": "Block" },
 { "Value": "2001:db8::/32", "Action": "Block" },
 { "Value": "%22bad%2B%20attacker%22@fourthcoffee.com", "Action": "Block" },
 { "Value": "plain.example", "Action": "Block" },
 { "Value": "x.example", "Action": "Perhaps" }
]
EOT
$run = take('three', encode('UTF-16', $json));
is($run->{code}, 65, 'items of the hosted service, in UTF-16');
like($run->{out}, qr/:1: changed: phish\.example; line breaks/,
    '... a note of two lines becomes one');
like($run->{out}, qr/:2: changed: good\@partner.*only for authenticated/,
    '... an allow of a sender says what it needs');
like($run->{out}, qr/:7: refused: plain\.example: .*--kind/,
    '... what could be of two kinds asks for --kind');
like($run->{out}, qr/:8: refused: x\.example: .*Action/,
    '... no action we know');
my %got = map { ($_->{value} => $_) } @{+entries('three')};
is_deeply($got{'phish.example'}, { action => 'block', kind => 'sender',
    value => 'phish.example', source => undef, for => undef, options => {
	expires => '2031-05-30T09:30:00Z', note => 'seen  twice',
	by => 'jane@corp.example' } }, 'a sender with its options');
is_deeply($got{'good@partner.example'}{options}, { unused => '45d',
    added => '2026-11-21T22:37:47Z' }, 'RemoveAfter is unused=');
is($got{'~contoso.com~'}{kind}, 'url', 'a url is known by its ~');
is($got{'768a813668695ef2483b2bde7cf5d1b2db0423a0d3e63e498f3ab6f2eb13ea3e'}
    {kind}, 'file', 'a file by its 64 digits');
is($got{'2001:db8::/32'}{kind}, 'ip', 'an address by its form');
is_deeply([map { $_->{value} } grep { $_->{value} =~ /fourthcoffee/ }
    values %got], ['"bad+ attacker"@fourthcoffee.com'],
    'a percent-encoded local part is read');
is(take('four', '{ "Value": "plain.example", "Action": "Block" }',
    '--kind', 'url')->{code}, 0, 'one item alone, its kind by --kind');
$run = take('four', <<'EOT');
[ { "SpoofedUser": "example.com", "SendingInfrastructure": "mailer.example",
    "SpoofType": "External", "Action": "Allow", "Identity": "1" },
  { "SpoofedUser": "*", "SendingInfrastructure": "192.0.2.0/24",
    "SpoofType": "Internal", "Action": "Block", "Identity": "2" },
  { "SpoofedUser": "*", "SendingInfrastructure": "*",
    "SpoofType": "Internal", "Action": "Block", "Identity": "3" } ]
EOT
is($run->{code}, 65, 'pairs of the hosted service');
like($run->{out}, qr/^2 taken, 0 changed, 0 were there, 1 refused$/m,
    '... two are taken, "*, *" is not') or diag($run->{out});
is_deeply([sort map { "$_->{action} $_->{value} $_->{source}" }
    grep { $_->{kind} eq 'spoof' && $_->{value} ne 'example.org' &&
	$_->{source} ne '198.51.100.0/24' } @{+entries('four')}],
    ['allow example.com mailer.example', 'block * 192.0.2.0/24'],
    '... as they were');
$run = $site->json('list', 'import', '--tenant', 'four', '--dry-run', $file);
is_deeply([map { $_->{result} } @{$run->{items}}], [qw(same same refused)],
    '--json says the same of each');

# A time is read or refused: what was to end would else never do so.
my @days = map { POSIX::strftime('%Y-%m-%dT00:00:00Z',
    gmtime(time - $_ * 86400)) } 300, 10;
$run = take('four', encode_json([ map { { ListType => 'Sender',
    Action => 'Allow', %$_ } }
    { Value => 't1.example', ExpirationDate => '5/30/2031 9:30:00 AM' },
    { Value => 't2.example', ExpirationDate => '/Date(soon)/' },
    { Value => 't3.example', ExpirationDate =>
	{ value => '/Date(1937986200000)/', DateTime => 'Friday' } },
    { Value => 't4.example', RemoveAfter => '45',
      CreatedDateTime => $days[0], LastUsedDate => $days[1] },
    { Value => 't5.example', RemoveAfter => 45,
      CreatedDateTime => $days[0], LastUsedDate => undef },
    { Value => 't6.example', ListType => 'TeamsDomain' } ]));
like($run->{out}, qr/:$_->[0]: refused: t$_->[0]\.example: its $_->[1]/,
    "$_->[2] is refused") for
    [ 1, 'ExpirationDate, "5/30/2031 9:30:00 AM", is no time: print it as ',
      'a time of some country' ],
    [ 2, 'ExpirationDate, ', 'no number of milliseconds' ],
    [ 6, 'ListType is "TeamsDomain"', 'what is no entry for mail' ];
%got = map { ($_->{value} => $_) } @{+entries('four')};
is($got{'t3.example'}{options}{expires}, '2031-05-31T09:30:00Z',
    'a time with its properties is read');
is($got{'t4.example'}{options}{added}, $days[1],
    'RemoveAfter counts from the last use there');
is($got{'t4.example'}{options}{unused}, '45d', '... as text, too');
cmp_ok($got{'t5.example'}{options}{added}, 'gt', $days[1],
    '... or from now, and does not end at once');

done_testing;
