#!/usr/bin/perl
#
# 709-report-poison.t -- a thousand reports against an honest sender: forged
# ones, and those of one user who is angry, block nobody and are told to
# nobody outside; nor does a user's word undo an allow

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Reports qw(carrier worked_off);
use Gatepost::Sink;
use Gatepost::Test;
use Test::More;

my $boss = 'boss@partner.test';
my @users = map { "$_\@example.org" } qw(alice bob carol dave);
my $site = Gatepost::Test->new;
my $sink = Gatepost::Sink->new(folder => $site->dir . '/sink');
my $list = $site->dir . '/lists/example.list';
my $text = "# kept by hand\nallow sender friend\@good.test\n";

Gatepost::Test::write_file($list, $text);
$site->write_config(authentication => 'upstream', upstreams => [ {
	name => 'auth', authserv_id => 'auth.example', strips => \1 } ],
    release => { smtp => $sink->place },
    tenants => [ { name => 'example', domains => ['example.org'],
	lists => ['@DIR@/lists/example.list'],
	admins => ['chief@example.org'],
	reports => { phish => 'phish@example.org' },
	provisional => { reporters => 3, hours => 6 } } ]);
$site->start;

my $count = 0;

# Mail of FROM, whom DMARC proves, to all users; what became of it, and it.
sub post {
	my ($from) = @_;
	my ($domain) = $from =~ /@(.*)/;
	my $n = ++$count;
	my $message = "From: Jo <$from>\nTo: all\@example.org\n" .
	    "Subject: Minutes $n\nMessage-ID: <$n\@$domain>\n" .
	    "Date: Sat, 21 Nov 2026 10:00:00 +0000\n\nSee you at noon, $n\n";
	my $got = $site->milter_message(from => $from, rcpt => [@users],
	    client => '198.51.100.7', data => "Authentication-Results: " .
	    "auth.example; dmarc=pass header.from=$domain\n$message");
	my ($id) = map { "@$_" =~ /X-Gatepost-Id\s+(\w+)/ } @{$got->{edits}};

	Gatepost::Test::wait_for(10, sub {
		$site->gatepost('why', $id)->{code} == 0 }) if $id;
	return ($got->{verdict}, $message);
}

# COUNT reports of MESSAGE: by a login, or under a forged From.
sub reports {
	my ($times, $message, $login) = @_;
	my %answers;

	for my $n (1 .. $times) {
		my $from = $login // "user$n\@example.org";

		$answers{$site->milter_message(
		    from => $from, rcpt => ['phish@example.org'],
		    client => '203.0.113.5',
		    $login ? (macros => ["mail:auth_authen=$login"]) : (),
		    data => carrier(from => $from,
			to => 'phish@example.org', message => $message)
		)->{verdict}}++;
	}
	worked_off($site, 60);
	return \%answers;
}

sub entries {
	return [map { "$_->{action} $_->{value}" }
	    @{$site->json('list', 'show')->{entries}}];
}

sub row_of {
	my ($subject, @filter) = @_;

	return grep { $_->{subject} eq $subject }
	    @{$site->json('report', 'list', @filter)->{items}};
}

# --- a thousand -----------------------------------------------------------

my @kept = @{entries()};
my ($verdict, $minutes) = post($boss);
is($verdict, 'continue', 'the honest sender\'s mail comes through');
my $forged = reports(700, $minutes);
my $angry = reports(300, $minutes, $users[0]);
is_deeply($angry, { discard => 50, tempfail => 250 },
    'one user has fifty reports an hour, and is told to come later');
cmp_ok($forged->{discard} // 0, '<=', 1000,
    'forged ones are taken as far as the quota');
my ($row) = row_of('Minutes 1');
is_deeply($row->{reporters}, [$users[0]], 'one reporter counts');
is($row->{verified}, 1, '... who is verified');
my ($false) = row_of('Minutes 1', '--unverified');
ok($false, 'the forged ones are kept apart');
is_deeply(entries(), \@kept, 'nothing is blocked');
is(Gatepost::Test::read_file($list), $text, '... the file is as it was');
is((post($boss))[0], 'continue', '... and the next mail comes through');
is_deeply([grep { $_ !~ /chief\@example\.org/ } map { @{$_->{rcpt}} }
    $sink->mails], [], 'nobody but the admins was written to');
cmp_ok(scalar $sink->mails, '<=', 3, '... and they a few times at most');

# --- two, and three -------------------------------------------------------

reports(1, $minutes, $users[1]);
is_deeply(entries(), \@kept, 'a second user is not enough');
reports(1, $minutes, $users[2]);
is_deeply([sort @{entries()}], [sort @kept, "block $boss"],
    'three real users are: this tenant wants it so');
my ($block) = grep { $_->{action} eq 'block' }
    @{$site->json('list', 'show')->{entries}};
is($block->{options}{by}, 'provisional', '... provisionally');
is($block->{options}{action}, 'junk', '... into the junk folder alone');
SKIP: {
	my $sqlite = Gatepost::Test::installed('sqlite3');

	skip('sqlite3 is not installed', 1) unless $sqlite;
	is($site->run($sqlite, $site->state_dir . '/state.db', 'SELECT who ' .
	    "FROM audit WHERE what = 'entry-added'")->{out},
	    "provisional\n", '... and the audit log tells');
}
is($site->gatepost('report', 'mark', $row->{id}, 'clean')->{code}, 0,
    'an admin sees what it is');
is_deeply(entries(), \@kept, '... and the block is gone');
my (undef, $allowed) = post('friend@good.test');
reports(1, $allowed, $_) foreach @users;
is_deeply(entries(), \@kept, 'whom an allow lets in all users together do ' .
    'not block');
$site->stop;
done_testing();
