#!/usr/bin/perl
#
# 515-user-postfix.t -- users' lists through a real Postfix that rewrites its
# aliases by the same socketmap: what arrives is what the lists say of the
# mailbox where it would arrive

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

Gatepost::Test->need('root', 'postfix');

my $site = Gatepost::Test->new(
    settings => 'release = { smtp = "127.0.0.1:@RELEASE_PORT@"; }; ' .
	'upstreams = ( { name = "auth"; authserv_id = "auth.local"; ' .
	'headers = [ "X-Spam-Flag" ]; strips = true; } );',
    tenant => { policy => { user_block => 'quarantine' },
	users => { map => 'socketmap:unix:@DIR@/map/socket:virtual',
	    cache => 0 } });
my $map = $site->dir . '/map';

mkdir($map);
Gatepost::Test::write_file("$map/virtual", <<'END');
robert@example.org bob@example.org
everybody@example.org alice@example.org,bob@example.org
END
$site->spawn('map', $^X, "$FindBin::Bin/tools/socketmap", "$map/socket",
    $map);
Gatepost::Test::wait_for(10, sub {
	Gatepost::Test::listening("unix:$map/socket") });
$site->start;
$site->postfix_start(main => { recipient_delimiter => '+',
    virtual_alias_maps => "socketmap:unix:$map/socket:virtual" });

my ($alice, $bob) = ('alice@example.org', 'bob@example.org');
my $n = 0;

sub user {
	my $run = $site->gatepost('user', @_);

	is($run->{code}, 0, "user @_") or diag($run->{err});
}

# Send, wait, and say who got it and whose copy is held.
sub mail {
	my ($from, $header, @rcpts) = @_;
	my $id = 'up' . ++$n . '@client.example';
	my $answer = $site->smtp(from => $from, rcpt => \@rcpts,
	    client => '198.51.100.25', client_name => 'mail.client.example',
	    data => "From: $from\nTo: everybody\nSubject: $n\n" .
	    "Date: Sat, 21 Nov 2026 10:00:00 +0000\nMessage-ID: <$id>\n" .
	    "$header\nHello.\n");
	my (@got, @held);

	is($answer->{data}[0], 250, "mail $n is taken");
	$site->queue_empty(10);
	foreach my $mailbox ($alice, $bob, 'bob+shop@example.org') {
		push(@got, $mailbox) if grep { /^Message-ID: <\Q$id\E>/mi }
		    $site->mailbox($mailbox);
	}
	Gatepost::Test::wait_for(5, sub {
		$site->gatepost('why', $id)->{code} == 0 });
	foreach my $decision (@{$site->json('why', $id)->{decisions}}) {
		push(@held, $decision->{rcpt})
		    if ($decision->{place} // '') eq 'quarantine';
	}
	return { got => [ sort @got ], held => [ sort @held ], id => $id };
}

my $proof = "Authentication-Results: auth.local; spf=pass " .
    "smtp.mailfrom=news.example\n";
my $plain = mail('tips@news.example', $proof, $alice, $bob);
is_deeply($plain->{got}, [ $alice, $bob ], 'without lists both get it');

user('block', $bob, 'news.example');
user('safe', $alice, 'tips@news.example');
my $both = mail('tips@news.example', $proof . "X-Spam-Flag: YES\n", $alice,
    $bob);
is_deeply($both->{got}, [ $alice ], 'who finds it safe gets it');
is_deeply($both->{held}, [ $bob ], '... who blocks it does not');
unlike(($site->mailbox($alice))[-1], qr/^X-Spam-Flag/mi,
    '... without an upstream\'s junk mark');
my ($item) = @{$site->json('quarantine', 'list')->{items}};
like($item->{reason}, qr/\Q$bob\E's own blocked sender list/,
    '... and his copy says why it is held');

my $alias = mail('tips@news.example', $proof, 'Robert+x@example.org');
is_deeply([ $alias->{got}, $alias->{held} ],
    [ [], [ 'robert+x@example.org' ] ],
    'an alias with an extension leads to the same mailbox');
my $shop = mail('tips@news.example', $proof, 'bob+shop@example.org');
is_deeply($shop->{held}, [ 'bob+shop@example.org' ],
    'an extension of his is his');
my $all = mail('tips@news.example', $proof, 'everybody@example.org');
is_deeply([ $all->{got}, $all->{held} ], [ [ $alice, $bob ], [] ],
    'an alias of both: the tenant\'s policy alone');

# He takes it back: what it held is found by its key and given out.
my $run = $site->gatepost('quarantine', 'release', '--entry',
    $item->{entry});
is($run->{code}, 0, 'all that his entry held is released')
    or diag($run->{err});
$site->queue_empty(10);
my @now = grep { /^Message-ID: <\Q$both->{id}\E>/mi }
    $site->wait_mailbox($bob, 3);
is(scalar @now, 1, '... and arrives');
user('block', $bob, 'news.example', '--remove');
is_deeply(mail('tips@news.example', $proof, 'robert@example.org')->{got},
    [ $bob ], '... and without the entry mail comes at once');
$site->stop;

done_testing;
