#!/usr/bin/perl
#
# 330-lists-values.t -- what the values of entries match in a message: links
# in wrappers, names that only look alike, names of files, pairs of sender and
# infrastructure, patterns

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $site = Gatepost::Test->new(
    settings => 'upstreams = ( { name = "auth"; authserv_id = "auth.local"; ' .
	'headers = [ ]; strips = true; } );',
    lists => { example => <<'END' });
block   url      evil.example/login
block   url      *.deep.example/a/*
allow   url      good.path.example/ok
block   url      path.example
END
$site->start;

# What `try` makes of a message: { facts, decisions }.
sub try {
	my (%mail) = @_;
	my $file = $site->dir . '/try.eml';
	my $from = $mail{from} // 'x@plain.example';

	Gatepost::Test::write_file($file, "From: $from\nTo: j\@example.org\n" .
	    "Subject: x\nDate: Sat, 21 Nov 2026 10:00:00 +0000\n" .
	    "Message-ID: <a\@b.example>\nMIME-Version: 1.0\n" .
	    ($mail{header} // "Content-Type: text/plain; charset=utf-8\n") .
	    "\n" . ($mail{body} // "text\n"));
	return $site->json('try', $file, '--from',
	    $mail{envelope} // 'x@plain.example', '--rcpt',
	    'jane@example.org', '--ip', $mail{ip} // '192.0.2.7');
}

sub action { return try(@_)->{decisions}[0]{action} }

# ---- links ----

my $safe = 'https://eur01.safelinks.protection.outlook.com/?url=';
my $inner = 'http%3A%2F%2Fevil.example%2Flogin%3Fid%3D7';
my $tried = try(body => "$safe$inner&data=1\n");
my @urls = @{$tried->{facts}{urls}};

is($tried->{decisions}[0]{action}, 'quarantine',
    'a link in a wrapper is matched');
is(scalar @urls, 2, '... both hops are facts');
is($urls[1]{url}, 'http://evil.example/login?id=7', '... the inner one');
is($urls[1]{wrapper}, $urls[0]{url}, '... says what it was taken out of');
is($urls[0]{wrapper}, undef, '... and the outer one stood in the message');
like($tried->{decisions}[0]{because}{reason},
    qr{evil\.example/login\?id=7 is on the block list},
    '... the reason names the inner link');
is(action(body => "http://evil.example/logout\n"), 'deliver',
    'another page is none');
is(action(body => "http://x.deep.example/a/b\n"), 'quarantine',
    'a folder below a host');
is(action(body => "http://deep.example/a/b\n"), 'deliver',
    '... not of the host itself');
is(action(body => "http://good.path.example/ok\n"), 'deliver',
    'the narrower allow frees its page');
is(action(body => "http://good.path.example/ok?x\n"), 'quarantine',
    '... and no other');
is(action(body => "http://www.example.com/?go=path.example\n"),
    'quarantine', 'a blocked host inside another link');
$tried = try(header => "Content-Type: text/html\n",
    body => "<a href=\"${safe}http%3A%2F%2Fshop.example%2F\">" .
    "www.shop.example</a>\n");
is_deeply($tried->{decisions}[0]{candidate}, [],
    'a wrapper that leads where its text says is not suspected');
$tried = try(header => "Content-Type: text/html\n",
    body => "<a href=\"${safe}http%3A%2F%2Fother.example%2F\">" .
    "www.shop.example</a>\n");
is_deeply($tried->{decisions}[0]{candidate}, ['link-text'],
    '... one that leads elsewhere is');

$site->stop;
done_testing();
