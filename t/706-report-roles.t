#!/usr/bin/perl
#
# 706-report-roles.t -- reports by the control socket: who is kept to a tenant
# sees, marks and adds what is his

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Reports qw(carrier phish);
use Gatepost::Test;
use Test::More;

Gatepost::Test->need('root', 'setpriv');
plan(skip_all => 'there is no group mail') unless defined(getgrnam('mail'));
plan(skip_all => 'there is no user daemon') unless getpwnam('daemon');

my ($jane, $max) = ('jane@example.org', 'max@other.example');
my $site = Gatepost::Test->new(config => {
    control => { socket => '@DIR@/run/control.sock', mode => '0666' },
    roles => [ { group => 'mail', tenants => [ 'example' ],
	may => [ 'report.*', 'submission.*' ] } ],
    tenants => [ map { { name => $_->[0], domains => [ $_->[1] ],
	reports => { phish => "phish\@$_->[1]" } } }
	([ 'example', 'example.org' ], [ 'other', 'other.example' ]) ] });

chmod(0750, $site->state_dir);
$site->start;

# Run the command as the user daemon, in the group mail.
sub helpdesk {
	my @how = ref $_[0] ? shift(@_) : ();

	return $site->run(@how, 'setpriv', '--reuid', 'daemon', '--regid',
	    'mail', '--groups', 'mail', Gatepost::Test::program('gatepost'),
	    '-c', $site->config_file, @_);
}

my $mail = phish(subject => 'To both');
my $got = $site->milter_message(from => 'x@evil.example',
    rcpt => [ $jane, $max ], client => '198.51.100.25', data => $mail);
my ($id) = map { "@$_" =~ /X-Gatepost-Id\s+(\w+)/ } @{$got->{edits}};

Gatepost::Test::wait_for(10, sub {
	$site->gatepost('why', $id)->{code} == 0 });
foreach my $who ($jane, $max) {
	my ($domain) = $who =~ /\@(.*)/;

	$site->milter_message(from => $who, rcpt => [ "phish\@$domain" ],
	    client => '198.51.100.77', macros => [ "mail:auth_authen=$who" ],
	    data => carrier(from => $who, to => "phish\@$domain",
		fields => $_, message => $mail)) foreach '',
	    "Precedence: bulk\n";
}
my @all;
Gatepost::Test::wait_for(20, sub {
	(@all = @{$site->json('report', 'list')->{items}}) == 2 });
is(scalar @all, 2, 'one message, reported in two tenants, is two rows');
my %of = map { $_->{tenant} => $_->{id} } @all;

my $run = helpdesk('--json', 'report', 'list');
is($run->{code}, 0, 'list') or diag($run->{err});
like($run->{out}, qr/"tenant":"example"/, '... shows his own');
unlike($run->{out}, qr/other/, '... and nothing of another, dropped or not');
is(helpdesk('report', 'list', '--tenant', 'other')->{code}, 64,
    '... by no option');
$run = helpdesk('report', 'show', $of{example});
is($run->{code}, 0, 'show');
like($run->{out}, qr/What the ledger knows:\n.*For \Q$jane\E: delivered/s,
    '... says what became of his copy');
like($run->{out}, qr/Later: .*, reported-phish for \Q$jane\E/,
    '... and what was done with it');
unlike($run->{out}, qr/\Q$max\E|other/, '... and of nobody else\'s');
unlike(helpdesk('--json', 'report', 'show', $of{example})->{out},
    qr/\Q$max\E|other/, '... as JSON neither');
for my $words ([ 'show' ], [ 'mark', 'phish' ], [ 'submit' ]) {
	my ($verb, @more) = @$words;

	$run = helpdesk('report', $verb, $of{other}, @more);
	is($run->{code}, 66, "$verb of another tenant's: there is no such");
	like($run->{err}, qr/there is no report $of{other}/, '... it says');
}
is((grep { $_->{id} eq $of{other} }
    @{$site->json('report', 'list')->{items}})[0]{state}, 'new',
    '... and nothing was done');
is(helpdesk('report', 'mark', $of{example}, 'phish', '--no-notice')->{code},
    0, 'his own he marks');
is((grep { $_->{id} eq $of{example} }
    @{$site->json('report', 'list')->{items}})[0]{marked_by}, 'daemon',
    '... under his name');
is(helpdesk({ stdin => $mail }, 'report', 'add', '--as', 'junk', '--user',
    $max)->{code}, 64, "for another tenant's user he adds nothing");
$run = helpdesk({ stdin => $mail }, 'report', 'add', '--as', 'junk',
    '--user', $jane, '-');
is($run->{code}, 0, '... for his own he does') or diag($run->{err});
is(helpdesk('report', 'add', '--as', 'junk', '--user', $jane,
    '/etc/passwd')->{code}, 77, '... but of no file of the daemon\'s');

# --- submissions of a message that both have --------------------------------

my %submitted = map { $_ => JSON::PP::decode_json($site->gatepost('--json',
    'submit', $id, '--as', 'phish', '--rcpt', $_, '--note', 'by root')->{out})
    ->{id} } $max, $jane;
$run = helpdesk('submission', 'show', $submitted{$jane});
is($run->{code}, 0, 'a submission is shown') or diag($run->{err});
like($run->{out}, qr/Later: .*, submitted-phish for \Q$jane\E/,
    '... with what was done with his copy');
unlike($run->{out}, qr/\Q$max\E|other/, '... and with no other tenant\'s');
unlike(helpdesk('--json', 'submission', 'show', $submitted{$jane})->{out},
    qr/\Q$max\E|other/, '... as JSON neither');
is(helpdesk('submission', 'show', $submitted{$max})->{code}, 66,
    '... nor is another tenant\'s own');
like($site->gatepost('why', $id)->{out}, qr/submitted-phish for \Q$max\E/,
    'who may see all sees all');

$site->stop;
done_testing();
