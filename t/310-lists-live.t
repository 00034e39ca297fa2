#!/usr/bin/perl
#
# 310-lists-live.t -- a change of a list is in force within a second, a
# broken list never stops mail, the command edits the managed list alone

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;
use Time::HiRes qw(time sleep);

my $site = Gatepost::Test->new(
    lists => { example => "# mine\nblock envelope one.example\n" },
    tenant => { entries => [ 'block envelope own.example' ] });
$site->start;

sub verdict {
	my ($from) = @_;

	return $site->milter_message(from => $from, client => '192.0.2.7',
	    rcpt => 'jane@example.org')->{verdict};
}

# Seconds until mail from FROM gets VERDICT, or undef after ten.
sub until_verdict {
	my ($from, $verdict) = @_;
	my $start = time;

	Gatepost::Test::wait_for(10, sub { verdict($from) eq $verdict })
	    or return undef;
	return time - $start;
}

is(verdict('x@one.example'), 'discard', 'an entry of a file holds');
is(verdict('x@own.example'), 'discard', 'an entry of gatepost.conf holds');
is(verdict('x@two.example'), 'continue', 'another sender passes');

$site->write_list(example => "block envelope two.example\n");
my $seconds = until_verdict('x@two.example', 'discard');
ok(defined $seconds, 'a changed list is followed');
cmp_ok($seconds // 99, '<', 2, '... soon');
is(verdict('x@one.example'), 'continue', '... and the old entry is gone');

# A broken list keeps the last good generation in force, at start too.
$site->write_list(example => "block envelope two.example\n" .
    "blok envelope three.example\nblock nonsense x\n" .
    "block envelope four.example expires=soon colour=red\n");
ok($site->wait_log(qr/lists-bad/, 10), 'a broken list is told');
like($site->log, qr/example\.list:2: /, '... with file and line');
is(verdict('x@two.example'), 'discard', '... the last good one holds on');
my $check = $site->gatepost('check', '--lists');
is($check->{code}, 78, 'check --lists: exit 78');
like($check->{err}, qr/example\.list:$_: /, "... names line $_")
    for 2, 3, 4;
$site->stop;
$site->start;
is(verdict('x@two.example'), 'discard',
    'after a restart the last good generation is in force, too');
unlink $site->dir . '/lists/example.list';
ok($site->wait_log(qr/example\.list: /, 10), 'a missing list is told');
is(verdict('x@two.example'), 'discard', '... and holds on as well');
$site->write_list(example => "# mine\n\nblock envelope one.example # keep\n");
ok(defined until_verdict('x@two.example', 'continue'), 'mended: followed');

# The command: adds, finds, shows, removes; in the managed list alone.
my $mine = Gatepost::Test::read_file($site->dir . '/lists/example.list');
my $run = $site->gatepost('list', 'add', 'block', 'envelope',
    'added.example', 'note=with a "word"');
is($run->{code}, 0, 'list add') or diag($run->{err});
ok(defined until_verdict('x@added.example', 'discard'), '... is in force');
my $managed = $site->state_dir . '/lists/example.list';
my $text = Gatepost::Test::read_file($managed);
like($text, qr/\A# gatepost: managed\n/, '... in the managed list');
like($text, qr/^block envelope added\.example .*note="with a \\"word\\""/m,
    '... with its note');
like($text, qr/added=\d{4}-/, '... its date');
like($text, qr/by=/, '... and who did it');
is($site->gatepost('list', 'add', 'block', 'envelope',
    'added.example')->{code}, 65, 'the same entry again is refused');
is($site->gatepost('list', 'add', 'block', 'sender', 'co.uk')->{code}, 65,
    'a public suffix is refused');
is($site->gatepost('list', 'add', 'allow', 'name', 'Bob')->{code}, 65,
    'an allow by name is refused');

my $list = $site->json('list', 'show');
is_deeply([ sort map { $_->{value} } @{$list->{entries}} ],
    [ 'added.example', 'one.example', 'own.example' ],
    'list show has them all');
my ($entry) = grep { $_->{value} eq 'added.example' } @{$list->{entries}};
is($entry->{kind}, 'envelope', '... with kind');
is($entry->{options}{note}, 'with a "word"', '... and options');
like($site->gatepost('list', 'find', 'envelope', 'y@added.example')->{out},
    qr/^-> block envelope added\.example .*key=\Q$entry->{key}\E/m,
    'list find says which entry matches');
is($site->gatepost('list', 'find', 'envelope', 'y@free.example')->{code}, 1,
    '... and nothing where none does');

# Other lines of the managed list stay as they are, octet for octet.
my $hand = "# gatepost: managed\n\n#  by hand\nblock   envelope   " .
    "hand.example   # kept\n" . (split /\n/, $text)[1] . "\n\n# end";
Gatepost::Test::write_file($managed, $hand);
chown((stat $site->state_dir)[4, 5], $managed) if $> == 0;
is($site->gatepost('list', 'remove', 'block', 'envelope',
    'added.example')->{code}, 0, 'list remove');
my $without = $hand;
$without =~ s/^block envelope added.*\n//m;
is(Gatepost::Test::read_file($managed), $without,
    '... and the rest is untouched');
ok(defined until_verdict('x@added.example', 'continue'), '... in force');
is($site->gatepost('list', 'remove', 'block', 'envelope',
    'one.example')->{code}, 77, 'an operator\'s file is not edited');
is(Gatepost::Test::read_file($site->dir . '/lists/example.list'), $mine,
    '... indeed not');
is($site->gatepost('list', 'remove', 'block', 'envelope',
    'none.example')->{code}, 66, 'no such entry: exit 66');

# state_dir is that of the running daemon, whatever the file says by now.
my $conf = Gatepost::Test::read_file($site->config_file);
Gatepost::Test::write_file($site->config_file,
    $conf =~ s{(state_dir\s*=\s*")[^"]*}{$1/nonexistent}r);
$site->reload;
ok($site->wait_log(qr/change only with a restart/, 5),
    'a new state_dir waits for a restart');
$site->write_list(example => "block envelope six.example\n");
ok(defined until_verdict('x@six.example', 'discard'),
    '... and lists are followed all the same');
Gatepost::Test::write_file($site->config_file, $conf);
$site->reload;

# A compiler that could not run at all is tried again.
chmod 0, $site->state_dir . '/lists' if $> == 0;
$site->write_list(example => "block envelope seven.example\n");
ok($site->wait_log(qr/lists-bad status=(?!78)/, 10),
    'lists that cannot be compiled are told');
chmod 0750, $site->state_dir . '/lists';
ok(defined until_verdict('x@seven.example', 'discard'),
    '... and tried again, with no help');

# An entry expires at its second.
my $at = time + 4;
my @utc = gmtime $at;
my $when = sprintf('%04d-%02d-%02dT%02d:%02d:%02dZ', $utc[5] + 1900,
    $utc[4] + 1, @utc[3, 2, 1, 0]);
$site->gatepost('list', 'add', 'block', 'envelope', 'brief.example',
    "expires=$when");
ok(defined until_verdict('x@brief.example', 'discard'), 'a brief entry');
sleep 0.2 while time <= $at + 0.2;
is(verdict('x@brief.example'), 'continue', '... has expired');
$site->stop;

done_testing();
