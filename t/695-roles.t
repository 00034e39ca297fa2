#!/usr/bin/perl
#
# 695-roles.t -- users with a role run commands by the control socket: what
# their groups give them, for their tenants, and nothing by any way around

use strict;
use warnings;

use FindBin;
use IO::Socket::UNIX;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

Gatepost::Test->need('root', 'setpriv');
foreach my $name (qw(mail www-data games)) {
	plan(skip_all => "there is no group $name")
	    unless defined(getgrnam($name));
}
plan(skip_all => 'there is no user daemon') unless getpwnam('daemon');

my $site = Gatepost::Test->new(config => {
    control => { socket => '@DIR@/run/control.sock', mode => '0666' },
    roles => [
	{ group => 'mail', tenants => [ 'example' ], may =>
	    [ 'quarantine.*', 'list.show', 'list.add', 'list.export',
	    'list.import', 'user.*', 'why' ] },
	{ group => 'www-data', may =>
	    [ '*', 'raw', 'export', 'allow', 'purge' ] },
    ],
    tenants => [
	{ name => 'example', domains => [ 'example.org' ],
	    lists => [ '@DIR@/lists/example.list' ] },
	{ name => 'other', domains => [ 'other.example' ],
	    lists => [ '@DIR@/lists/other.list' ] },
    ] }, lists => { example => "block sender evil.example\n",
	other => "block sender evil.example\n" });
my $socket = $site->dir . '/run/control.sock';
my ($jane, $max) = ('jane@example.org', 'max@other.example');

chmod(0750, $site->state_dir);
$site->start;
ok(-S $socket, 'there is a control socket');

# Run the command as the user daemon, in the groups of the first argument.
sub as {
	my ($groups, @args) = @_;
	my @how = ref $args[0] ? shift(@args) : ();

	return $site->run(@how, 'setpriv', '--reuid', 'daemon', '--regid',
	    'games', $groups ? ('--groups', $groups) : '--clear-groups',
	    Gatepost::Test::program('gatepost'), '-c', $site->config_file,
	    @args);
}

sub helpdesk { return as('mail', @_) }
sub admin { return as('www-data', @_) }

sub post {
	my ($subject, @rcpts) = @_;

	$site->milter_message(from => 'x@evil.example', rcpt => \@rcpts,
	    client => '198.51.100.25', data => "From: <x\@evil.example>\n" .
	    "Subject: $subject\n\nText.\n");
}

post('one', $jane);
post('two', $max);
post('both', $jane, $max);
my @all = @{$site->json('quarantine', 'list')->{items}};
is(scalar(@all), 4, 'four copies are held');
my ($janes) = map { $_->{id} } grep { $_->{subject} eq 'one' } @all;
my ($maxs) = map { $_->{id} } grep { $_->{subject} eq 'two' } @all;
my ($both) = map { $_->{id} } grep { $_->{subject} eq 'both' } @all;

# --- no role --------------------------------------------------------------

my $run = as('', 'quarantine', 'list');
is($run->{code}, 77, 'without a role: exit 77');
like($run->{err}, qr/no role of your groups .*"quarantine\.list"/,
    '... says which right it takes');
is($run->{out}, '', '... and shows nothing');

# --- one tenant -----------------------------------------------------------

$run = helpdesk('--json', 'quarantine', 'list');
is($run->{code}, 0, 'with the role') or diag($run->{err} . $site->log_tail);
unlike($run->{out}, qr/\Q$max\E"/, '... nothing of another tenant');
is(scalar(() = $run->{out} =~ /"rcpt":"\Q$jane\E"/g), 2, '... all of her own');
foreach my $way ([ '--reverse' ], [ '--sort', 'size' ],
    [ '--format', 'csv' ], [ '--most', '9' ], [ '--rcpt', $max ],
    [ '--by', '--tenant', '--tenant', 'example' ],
    [ '--format', '--tenant', 'other' ]) {
	unlike(helpdesk('quarantine', 'list', @$way)->{out},
	    qr/^01\w+.*\Q$max\E/m, "... nor by @$way");
}
$run = helpdesk('quarantine', 'list', '--tenant', 'other');
isnt($run->{code}, 0, 'another tenant is none');
is($run->{out}, '', '... not a row');
my $unknown = helpdesk('quarantine', 'show', '0' x 26);
$run = helpdesk('quarantine', 'show', $maxs);
is($run->{code}, $unknown->{code}, 'an id of another tenant');
is($run->{err}, $unknown->{err} =~ s/0{26}/$maxs/r,
    '... is answered as an id of nothing');
foreach my $verb (qw(preview release request delete)) {
	$run = helpdesk('quarantine', $verb, $maxs);
	is($run->{code}, 66, "... also to $verb");
}
is($site->json('quarantine', 'list', '--rcpt', $max)->{items}[0]{state},
    'held', '... and nothing was done');
$run = helpdesk('--json', 'quarantine', 'show', $both);
like($run->{out}, qr/\Q"rcpt":"$jane"\E/, 'of a shared item her copy');
unlike($run->{out}, qr/\Q"rcpt":"$max"\E/, '... alone');
unlike($run->{out}, qr/decisions/, '... and not the record of all');
unlike(helpdesk('quarantine', 'preview', $both)->{out}, qr/Held:.*\Q$max\E/,
    '... nor in the preview');
is(helpdesk('quarantine', 'release', $both, '--rcpt', $max)->{code}, 66,
    '... which cannot be touched');
is(helpdesk('quarantine', 'delete', '--from', 'x@evil.example',
    '--dry-run')->{out} =~ /\Q$max\E/ ? 1 : 0, 0, '... nor in bulk');
is(helpdesk('why', $janes)->{code}, 77,
    'what shows all tenants takes a role for all');
is(helpdesk('user', 'show', $max, '--exact')->{code}, 64,
    'no users of another tenant');

# --- rights of their own --------------------------------------------------

like(helpdesk('quarantine', 'preview', $janes)->{out}, qr/^Text\.$/m,
    'a preview is safe text');
foreach my $of (
    [ qr/"raw"/, qw(quarantine preview --raw), $janes ],
    [ qr/"allow"/, qw(quarantine release --allow sender), $janes ],
    [ qr/"allow"/, qw(quarantine release --allow=sender), $janes ],
    [ qr/"export"/, qw(quarantine release --to x@example.net), $janes ],
    [ qr/"export"/, qw(quarantine release --to=x@example.net), $janes ],
    [ qr/another than you/, qw(quarantine delete --by root), $janes ],
    [ qr/"export"/, qw(quarantine export --reason x), $janes ],
    [ qr/"export"/, qw(list export) ],
    [ qr/"allow"/, qw(list add allow sender good.example) ],
    [ qr/"allow"/, qw(list add --tenant example allow sender good.example) ],
    [ qr/"allow"/, qw(list add block sender good.example action=deliver) ],
    [ qr/"allow"/, qw(list import -) ],
    [ qr/"purge"/, 'user', 'forget', $jane, '--yes' ],
    [ qr/"mode"/, qw(mode observe) ],
    [ qr/"sweep"/, qw(sweep) ]) {
	my ($why, @line) = @$of;

	$run = helpdesk(@line);
	is($run->{code}, 77, "not: @line") or diag($run->{out});
	like($run->{err}, $why, '... for that reason');
	is($run->{out}, '', '... without a word');
}
isnt(helpdesk('list', 'add', 'allow sender', 'good.example', 'note=x',
    'note=y')->{code}, 0, 'nor by words in one');
isnt(helpdesk('list', 'add', "block\nallow", 'sender', 'good.example')->{code},
    0, '... or two lines');
is($site->json('quarantine', 'list', '--rcpt', $jane)->{items}[0]{state},
    'held', 'nothing was done');
unlike($site->gatepost('list', 'show')->{out}, qr/good\.example/,
    '... and nothing allowed');

# --- files ----------------------------------------------------------------

my $secret = $site->state_dir . '/key';
foreach my $file ($secret, '/etc/shadow', 'state/key', $site->config_file) {
	$run = helpdesk('user', 'import', $jane, $file, '--as', 'safe',
	    '--exact', '--note', '-');
	isnt($run->{code}, 0, "the daemon does not open $file");
	like($run->{err}, qr/opens no file for you/, '... and says so');
}
$run = admin('list', 'import', '--tenant', 'example', $secret);
like($run->{err}, qr/opens no file/, '... for nobody');
$run = helpdesk({ stdin => "friend\@shop.example\n" }, 'user', 'import',
    $jane, '-', '--as', 'safe', '--exact');
is($run->{code}, 0, 'what the caller opened is read') or diag($run->{err});
like($site->gatepost('user', 'show', $jane, '--exact')->{out},
    qr/friend\@shop\.example/, '... and kept');
$run = as('mail', 'list', 'compile', '--state-dir', '/tmp');
isnt($run->{code}, 0, 'no row, no call: it runs as who typed it');
$run = as('mail', 'check', '--lists');
is($run->{code}, 0, '... as the check of lists does') or diag($run->{err});
is(helpdesk('-c', '/etc/shadow', 'quarantine', 'list')->{code}, 64,
    'a -c does not travel');

# --- what is allowed ------------------------------------------------------

$run = helpdesk('list', 'add', 'block', 'sender', 'bad.example',
    'by=root');
is($run->{code}, 0, 'a block is added') or diag($run->{err});
my ($entry) = grep { $_->{value} =~ /bad\.example/ }
    @{$site->json('list', 'show', '--tenant', 'example')->{entries}};
is($entry->{options}{by}, 'daemon', '... under the caller\'s own name');
is(helpdesk('quarantine', 'delete', $janes)->{code}, 0, 'a copy is deleted');
my ($deed) = grep { $_->{what} eq 'deleted' }
    @{$site->json('quarantine', 'show', $janes)->{audit}};
is("$deed->{who} $deed->{via}", 'daemon control',
    '... noted with who it was and the door');
my $log = join('', map { Gatepost::Test::read_file($_) // '' }
    glob($site->state_dir . '/state.db*'));
like($log, qr/control\s*asked\s*quarantine delete/, 'each call is noted');
like($log, qr/control\s*refused\s*quarantine preview/,
    '... each refused one, too');

$run = admin('quarantine', 'preview', '--raw', $maxs);
is($run->{code}, 0, 'one role for all tenants') or diag($run->{err});
like($run->{out}, qr/^From: <x\@evil\.example>\r$/m, '... octets');
like(admin('quarantine', 'export', $maxs, '--reason', 'case 1')->{out},
    qr/^PK.*\Q$maxs\E\.eml/s, '... an export');
like(admin('status')->{out}, qr/^daemon +runs, /m, '... status');
is(admin('why', $maxs)->{code}, 0, '... why');
is(admin('list', 'add', '--tenant', 'other', 'allow', 'sender',
    'good.example')->{code}, 0, '... an allow');
is(admin('user', 'forget', $max, '--yes')->{code}, 0, '... and forget');

# --- the socket -----------------------------------------------------------

my @silent = map { IO::Socket::UNIX->new(Peer => $socket) } 1 .. 20;
is(scalar(grep { $_ } @silent), 20, 'twenty call and say nothing');
is(helpdesk('quarantine', 'list')->{code}, 0, '... and one is served');
close($_) foreach @silent;
foreach my $junk ("\xff" x 5000, "\4\0\0\0abc\0", "\0" x 8) {
	my $caller = IO::Socket::UNIX->new(Peer => $socket);

	print $caller $junk;
	shutdown($caller, 1);
	local $/;
	my $answer = <$caller> // '';
	cmp_ok(length($answer), '<=', 1, 'junk has no answer but a status');
}
is(helpdesk('quarantine', 'list')->{code}, 0, '... and does no harm');
is($site->milter_message(from => 'f@friend.example', rcpt => [ $jane ],
    data => "From: f\@friend.example\n\nx\n")->{verdict}, 'continue',
    'mail goes on');
$site->stop;
is(helpdesk('quarantine', 'list')->{code}, 75, 'without the daemon: exit 75');

# --- the configuration ----------------------------------------------------

$site->write_config(roles => [ { group => 'mail',
    may => [ 'quarantin.list' ], tenants => [ 'nobodys' ] } ]);
$run = $site->gatepost('check');
is($run->{code}, 78, 'a role that is none');
like($run->{err}, qr/^\S+:\d+: roles: .*"quarantin\.list" is no right/m, '... says which right');
like($run->{err}, qr/"nobodys" is no tenant/, '... and which tenant');

done_testing;
