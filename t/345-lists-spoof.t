#!/usr/bin/perl
#
# 345-lists-spoof.t -- pairs of From and sending infrastructure seen lately:
# listed out of the ledger, and made an entry that acts

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $upstream = 'Authentication-Results: auth.local';
my $site = Gatepost::Test->new(
    tenants => [ { name => 'example', domains => ['example.org'] },
	{ name => 'other', domains => ['other.org'] } ],
    settings => 'upstreams = ( { name = "auth"; authserv_id = ' .
	'"auth.local"; strips = true; } );');
$site->start;

sub mail {
	my (%arg) = @_;

	$site->milter_message(from => 'x@sender.example',
	    rcpt => $arg{rcpt} // 'jane@example.org',
	    client => $arg{client} // '198.51.100.7',
	    client_name => $arg{name} // '[198.51.100.7]',
	    data => ($arg{auth} ? "$upstream; $arg{auth}\r\n" : '') .
		"From: $arg{from}\r\nSubject: x\r\n\r\nhello\r\n");
	return $arg{from};
}

my $fail = 'spf=fail smtp.mailfrom=sender.example; dmarc=fail ' .
    '(p=none) header.from=';
mail(from => 'a@shop.example', name => 'out7.mail.example',
    auth => "${fail}shop.example") for 1 .. 3;
mail(from => 'b@shop.example', name => 'out8.mail.example',
    auth => "${fail}shop.example");
mail(from => 'a@shop.example',
    auth => "dkim=pass header.d=news.example; ${fail}shop.example")
    for 1 .. 2;
mail(from => 'a@bank.example', auth => "${fail}bank.example");
mail(from => 'a@bank.example', auth => "${fail}bank.example",
    client => '198.51.100.200', name => '[198.51.100.200]');
mail(from => 'a@bank.example', auth => "${fail}bank.example",
    client => '2001:db8:5:6::1', name => '[2001:db8:5:6::1]');
mail(from => 'a@else.example', auth => "${fail}else.example",
    rcpt => 'joe@other.org');
# None of these is unproven mail of a stranger.
mail(from => 'a@good.example', auth => 'spf=pass ' .
    'smtp.mailfrom=good.example; dmarc=pass header.from=good.example');
mail(from => 'a@unknown.example');
mail(from => 'a@example.org', client => '127.0.0.1', name => 'localhost',
    auth => "${fail}example.org");
my $pairs;
ok(Gatepost::Test::wait_for(20, sub {
	@{$site->json('trace')->{records}} >= 13;
}), 'all mail is in the ledger');

sub pairs {
	return [map { [@{$_}{qw(from source count)}] }
	    @{$site->json('spoof', 'list', @_)->{pairs}}];
}

is_deeply(pairs('--tenant', 'example'), [
    ['shop.example', 'mail.example', 4],
    ['bank.example', '198.51.100.0/24', 2],
    ['shop.example', 'news.example', 2],
    ['bank.example', '2001:db8:5::/48', 1]],
    'pairs are counted, most messages first, newest first')
    or diag(explain(pairs()));
is_deeply(pairs('--tenant', 'other'), [['else.example', '198.51.100.0/24',
    1]], '... for each tenant by itself');
is(scalar @{pairs()}, 5, '... and all of them');
is(scalar @{pairs('--most', 2)}, 2, '--most');
is_deeply(pairs('--since', '2030-01-01'), [], '--since');
my $first = $site->json('spoof', 'list')->{pairs}[0];
is_deeply([@{$first}{qw(dmarc composite reason action entry)}],
    ['fail', 'fail', '001', 'tag', undef], 'what became of it is told');
is($site->json('why', $first->{id})->{facts}{from}, 'b@shop.example',
    '... of the newest message');
like($first->{last}, qr/^20\d\d-\d\d-\d\dT/, '... and when it was');
like($site->gatepost('spoof', 'list')->{out},
    qr/^FROM +SENT BY +MESSAGES.*\nshop\.example +mail\.example +4 /,
    'as a table');

# A row becomes an entry, and that acts.
my $run = $site->gatepost('spoof', 'block', '--tenant', 'example',
    'bank.example', '198.51.100.0/24', 'note=fraud');
is($run->{code}, 0, 'spoof block') or diag($run->{err});
$run = $site->gatepost('spoof', 'allow', '--tenant', 'example',
    'shop.example', 'mail.example');
is($run->{code}, 0, 'spoof allow') or diag($run->{err});
my %entries = map { ("$_->{action} $_->{value} $_->{source}" => $_) }
    @{$site->json('list', 'show', '--tenant', 'example')->{entries}};
ok($entries{'block bank.example 198.51.100.0/24'}, 'the block is an entry');
is($entries{'block bank.example 198.51.100.0/24'}{options}{note}, 'fraud',
    '... with its options');
ok($entries{'allow shop.example mail.example'}, 'the allow, too');
$run = $site->gatepost('spoof', 'allow', '--tenant', 'example',
    'shop.example', 'mail.example');
is($run->{code}, 65, 'a second time it is there already');
isnt($site->gatepost('spoof', 'allow', '--tenant', 'example', '*',
    '*')->{code}, 0, 'never both "*"');
is($site->gatepost('spoof', 'block', '--tenant', 'example', '--dry-run=7d',
    'shop.example', 'news.example')->{out} =~ /matched (\d+)/ ? $1 : undef,
    2, '--dry-run counts past mail');
ok(Gatepost::Test::wait_for(10, sub {
	mail(from => 'c@bank.example', auth => "${fail}bank.example");
	my ($pair) = grep { $_->{source} eq '198.51.100.0/24' &&
	    $_->{from} eq 'bank.example' }
	    @{$site->json('spoof', 'list')->{pairs}};
	$pair->{action} eq 'quarantine' &&
	    ($pair->{entry} // '') =~ /^block spoof bank\.example 198/;
}), 'the blocked pair is held, and the list says by which entry');
ok(Gatepost::Test::wait_for(10, sub {
	mail(from => 'd@shop.example', name => 'out9.mail.example',
	    auth => "${fail}shop.example");
	my ($pair) = grep { $_->{source} eq 'mail.example' }
	    @{$site->json('spoof', 'list')->{pairs}};
	$pair->{action} eq 'deliver' && $pair->{count} >= 5;
}), 'the allowed pair is delivered, and still listed');

$site->stop;
done_testing;
