#!/usr/bin/perl
#
# 708-report-corpus.t -- fifty real phishes, each reported by six users whose
# programs attach it in six ways: all six are one report of that message

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Reports qw(carrier worked_off);
use Gatepost::Test;
use Test::More;

my $folder = ($ENV{GATEPOST_CORPUS} // "$FindBin::Bin/../../shared/corpus") .
    '/phish';
plan(skip_all => 'no corpus of phish; set GATEPOST_CORPUS') unless -d $folder;
my @forms = qw(attached encoded eml octets zip arf);
my @users = map { "$_\@example.org" } @forms;
my $wanted = 50;

# --- which ----------------------------------------------------------------

# Of those with a Message-ID of their own, spread over all that there are.
my (%seen, @all);
foreach my $file (sort glob("$folder/*.eml")) {
	my $octets = Gatepost::Test::read_file($file) =~ s/\r\n/\n/gr;
	my ($head) = $octets =~ /\A(.*?\n)\n/s or next;
	my ($id) = $head =~ /^Message-ID:\s*(<[^<>\s]+>)\s*$/mi or next;

	push(@all, { file => $file =~ s{.*/}{}r, octets => $octets })
	    if length($octets) < 200_000 && !$seen{$id}++;
}
my $step = @all / $wanted;
my @mails = $step < 1 ? @all : @all[map { int($_ * $step) } 0 .. $wanted - 1];
plan(skip_all => 'the corpus holds too few') if @mails < $wanted;

# --- deliver, then report -------------------------------------------------

my $site = Gatepost::Test->new(tenant => { reports => {
    phish => 'phish@example.org', hourly => 1000, hourly_all => 10000 } });
$site->start;
foreach my $mail (@mails) {
	my $got = $site->milter_message(from => 'x@evil.example',
	    rcpt => \@users, client => '198.51.100.25',
	    data => $mail->{octets});

	($mail->{id}) = map { "@$_" =~ /X-Gatepost-Id\s+(\w+)/ }
	    @{$got->{edits}};
}
is(scalar(grep { $_->{id} } @mails), $wanted, 'they are delivered');
ok(Gatepost::Test::wait_for(20, sub {
	$site->gatepost('why', $mails[-1]{id})->{code} == 0 }),
    '... and in the ledger');
my $taken = 0;
foreach my $mail (@mails) {
	foreach my $form (@forms) {
		my $who = "$form\@example.org";

		$taken += $site->milter_message(from => $who,
		    rcpt => [ 'phish@example.org' ],
		    client => '198.51.100.77',
		    macros => [ "mail:auth_authen=$who" ],
		    data => carrier(from => $who, to => 'phish@example.org',
			form => $form, message => $mail->{octets})
		)->{verdict} eq 'discard';
	}
}
is($taken, $wanted * @forms, 'each form of each is taken as a report');
ok(worked_off($site, 120), '... and worked off');

# --- what came of it ------------------------------------------------------

my %rows = map { $_->{message} => $_ } grep { $_->{message} }
    @{$site->json('report', 'list', '--most', 1000)->{items}};
foreach my $mail (@mails) {
	my $row = $rows{$mail->{id}} || {};

	is_deeply([sort @{$row->{reporters} || []}], [sort @users],
	    "$mail->{file}: six reporters of one message");
}
is(scalar(keys %rows), $wanted, 'there is nothing else');
$site->stop;
done_testing();
