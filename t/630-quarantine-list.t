#!/usr/bin/perl
#
# 630-quarantine-list.t -- the list of held mail: filters, order, pages, CSV;
# and what is done to all that a filter finds

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Sink;
use Gatepost::Test;
use Test::More;

my @rcpts = map { "$_\@example.org" } qw(alice bob carol);
my $site = Gatepost::Test->new(tenants => [
	{ name => 'example', domains => ['example.org'],
	  policy => { spam => 'quarantine' } },
	{ name => 'other', domains => ['other.example'] } ],
    lists => { example => "block sender *.evil.example\n" .
	"block envelope spam.example as=spam\n",
	other => "block sender *.evil.example\n" });
my $sink = Gatepost::Sink->new(folder => $site->dir . '/sink');

$site->write_config(release => { smtp => $sink->place });
$site->start;

sub put {
	my ($from, $subject, @to) = @_;

	$site->milter_message(from => $from, rcpt => \@to,
	    client => '198.51.100.25', data => "From: <$from>\nSubject: " .
	    "$subject\nMessage-ID: <" . lc($subject =~ s/\W+/-/gr) .
	    "\@x>\n\n" . 'text ' x length($subject) . "\n");
}

put('b@x.evil.example', 'Invoice 100%', @rcpts);
put('a@y.evil.example', 'invoice_2', $rcpts[0]);
put('c@x.evil.example', '=cmd|bad', $rcpts[1]);
put('n@spam.example', 'Win, win', $rcpts[2]);
put('b@x.evil.example', 'Elsewhere', 'dan@other.example');

# The rows that a filter finds, as "SUBJECT for RCPT" in their order.
sub rows {
	my (@filter) = @_;

	return [map { "$_->{subject} for " . $_->{rcpt} =~ s/@.*//r }
	    @{$site->json('quarantine', 'list', @filter)->{items}}];
}

my @all = @{$site->json('quarantine', 'list')->{items}};
is(scalar @all, 7, 'all that is held');
my ($entry) = map { $_->{entry} } grep { $_->{subject} eq 'Win, win' } @all;
my @cases = (
	[ 'of a tenant', [ '--tenant', 'other' ], [ 'Elsewhere for dan' ] ],
	[ 'of a recipient', [ '--rcpt', 'Bob@Example.org' ],
	  [ 'Invoice 100% for bob', '=cmd|bad for bob' ] ],
	[ 'of a sender', [ '--from', 'a@y.evil.example' ],
	  [ 'invoice_2 for alice' ] ],
	[ 'of a domain', [ '--from', '@x.evil.example', '--rcpt',
	  'bob@example.org' ], [ 'Invoice 100% for bob', '=cmd|bad for bob' ] ],
	[ 'by a part of the subject, in any case', [ '--subject', 'INVOICE',
	  '--rcpt', $rcpts[0] ],
	  [ 'Invoice 100% for alice', 'invoice_2 for alice' ] ],
	[ 'where % is a per cent', [ '--subject', '0%', '--rcpt', $rcpts[0] ],
	  [ 'Invoice 100% for alice' ] ],
	[ '... and _ an underscore', [ '--subject', 'e_2' ],
	  [ 'invoice_2 for alice' ] ],
	[ 'by Message-ID', [ '--message-id', 'win-win@x' ],
	  [ 'Win, win for carol' ] ],
	[ 'by the reason', [ '--policy', 'block_envelope' ],
	  [ 'Win, win for carol' ] ],
	[ 'by category', [ '--category', 'spam' ], [ 'Win, win for carol' ] ],
	[ 'by entry', [ '--entry', $entry ], [ 'Win, win for carol' ] ],
	[ 'by two of them', [ '--category', 'spam', '--rcpt', $rcpts[0] ],
	  [] ],
	[ 'by state', [ '--state', 'released' ], [] ],
	[ 'by time', [ '--since', '1h', '--category', 'spam' ],
	  [ 'Win, win for carol' ] ],
	[ '... that is over', [ '--until', '1h' ], [] ],
	[ 'what expires soon', [ '--expiring', '2d' ], [] ],
	[ '... or not so soon', [ '--expiring', '31d', '--category',
	  'spam' ], [ 'Win, win for carol' ] ],
	[ 'by subject, in order', [ '--tenant', 'example', '--sort',
	  'subject', '--rcpt', $rcpts[1] ],
	  [ '=cmd|bad for bob', 'Invoice 100% for bob' ] ],
	[ '... the other way', [ '--tenant', 'example', '--sort', 'subject',
	  '--reverse', '--rcpt', $rcpts[1] ],
	  [ 'Invoice 100% for bob', '=cmd|bad for bob' ] ],
	[ 'the newest first', [ '--reverse', '--most', '1' ],
	  [ 'Elsewhere for dan' ] ],
	[ 'by size', [ '--sort', 'size', '--reverse', '--rcpt', $rcpts[1] ],
	  [ 'Invoice 100% for bob', '=cmd|bad for bob' ] ],
);
is_deeply(rows(@{$_->[1]}), $_->[2], "held mail $_->[0]") foreach @cases;

# Pages: each row once, in every order.
for my $sort (qw(received expires sender subject size)) {
	for my $way ([], ['--reverse']) {
		my @whole = map { "$_->{id}/$_->{rcpt}" }
		    @{$site->json('quarantine', 'list', '--sort', $sort,
		    @$way)->{items}};
		my (@paged, $next);

		for (1 .. 10) {
			my $page = $site->json('quarantine', 'list',
			    '--sort', $sort, @$way, '--most', 2,
			    $next ? ('--after', $next) : ());

			push(@paged, map { "$_->{id}/$_->{rcpt}" }
			    @{$page->{items}});
			$next = $page->{next} or last;
		}
		is_deeply(\@paged, \@whole, "pages by $sort @$way");
	}
}
like($site->gatepost('quarantine', 'list', '--most', 2)->{out},
    qr{^There may be more: --after \w{26}/bob\@example\.org$}m,
    'a cut table says how to go on');

for my $bad ([ '--sort', 'colour' ], [ '--most', 'x' ], [ '--after', 'x' ],
    [ '--policy', 'x' ], [ '--state', 'x' ], [ '--expiring', 'x' ],
    [ '--format', 'x' ], [ '--rcpt', 'a b' ], [ '--from', 'a b' ],
    [ '--from', 'x.evil.example' ], [ '--from', '*@x.evil.example' ]) {
	is($site->gatepost('quarantine', 'list', @$bad)->{code}, 64,
	    "@$bad: exit 64");
}

like($site->gatepost('quarantine', 'list', '--from', 'x.evil.example')->{err},
    qr/did you mean \@x\.evil\.example/, 'a domain is said how to write');
like($site->gatepost('quarantine', 'list', '--tenant', 'nope')->{err},
    qr/warning: no tenant "nope" is in the configuration/,
    'a tenant that is none is warned of');

# CSV.
my $csv = $site->gatepost('quarantine', 'list', '--format', 'csv')->{out};
my @lines = split(/\r\n/, $csv);
is(scalar @lines, 8, 'CSV has a line for each, and a head');
like($lines[0], qr/^id,rcpt,tenant,sender,from,subject,/, '... of names');
like($csv, qr/,"Win, win",/, '... with quotes where they must be');
like($csv, qr/,'=cmd\|bad,/, '... and no formula of a stranger');

# --- what is done to all that a filter finds ---

my $run = $site->gatepost('quarantine', 'release', '--from',
    '@x.evil.example', '--tenant', 'example', '--dry-run');
is($run->{code}, 0, 'a dry run');
like($run->{out}, qr/^would release 4 copies; nothing was done$/m,
    '... says how many');
is(scalar(@{rows('--state', 'held')}), 7, '... and does nothing');
is($site->gatepost('quarantine', 'release')->{code}, 64,
    'no id and no filter: nothing is all');
is($site->gatepost('quarantine', 'release', $all[0]{id}, '--entry',
    $entry)->{code}, 64, 'an id and a filter');
is($site->gatepost('quarantine', 'release', '--rcpt', $rcpts[0], '--rcpt',
    $rcpts[1], '--from', '@x.evil.example')->{code}, 64,
    'a filter takes one recipient');
my ($to_all) = map { $_->{id} } grep { $_->{subject} eq 'Invoice 100%' &&
    $_->{rcpt} eq $rcpts[0] } @all;
my $some = $site->gatepost('quarantine', 'release', $to_all, '--rcpt',
    $rcpts[0], '--rcpt', uc $rcpts[1], '--dry-run');
like($some->{out}, qr/^would release 2 copies/m,
    'some of the recipients of an item');
is_deeply([sort $some->{out} =~ /for (\S+)$/mg], [sort @rcpts[0, 1]],
    '... just those');
$some = $site->gatepost('quarantine', 'release', $to_all, '--rcpt',
    $rcpts[0], '--rcpt', 'no@example.org', '--dry-run');
is($some->{code}, 66, '... one of whom is none');
like($some->{err}, qr/has no recipient no\@example\.org/, '... is named');
$run = $site->gatepost('quarantine', 'release', '--from',
    '@x.evil.example', '--tenant', 'example', '--by', 'jo');
is($run->{code}, 0, 'released by filter') or diag($run->{err});
is(scalar($sink->mails), 4, '... each copy is sent');
is(scalar(@{rows('--state', 'released')}), 4, '... and marked');
is(scalar(@{rows('--by', 'jo')}), 4, '... by whom');
$run = $site->gatepost('quarantine', 'release', '--rcpt', $rcpts[1]);
like($run->{out}, qr/\Anothing is held that fits; [^\n]+\n\z/,
    'what is released is not open any more');
$run = $site->gatepost('quarantine', 'delete', '--since', '1h');
is($run->{code}, 0, 'deleted by filter');
is(scalar(@{rows('--state', 'deleted')}), 3, '... what was still held');
is(scalar($sink->mails), 4, '... and nothing more was sent');

$site->stop;
$sink->stop;
done_testing();
