#!/usr/bin/perl
#
# 045-readme.t -- what README tells an admin to type is understood as written
#
# Each "gatepost" line of README is run in a site of our own, with ids and
# files put in for its words.  What the line is about need not be there; but
# no command, option or value in it may be wrong.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $top = "$FindBin::Bin/..";
my $site = Gatepost::Test->new(tenant => {
	reports => { phish => 'phish@example.org', junk => 'junk@example.org' },
});
my $dir = $site->dir;

$site->start;
mkdir("$dir/$_") foreach qw(mail mail/cur mail/new mail/tmp);
Gatepost::Test::write_file("$dir/mail/cur/1", "From: a\@b.example\n\nA mail.\n");
Gatepost::Test::write_file("$dir/tenant.json",
    $site->gatepost('list', 'export')->{out});

# What stands for something of the reader's.
my %words = (
	'~/Maildir/.Junk' => "$dir/mail", 'tenant.json' => "$dir/tenant.json",
	ID => '01M81CZKN5XTKAKA6N264SCASZ', 'QUEUE-ID' => 'E38AEAA6874',
	KEY => '2YJA8K8QQ8KC9', 'ID.zip' => "$dir/id.zip",
	FILE => "$dir/mail/cur/1", '/etc/postfix' => "$dir/postfix/etc",
);
# Exit codes of what is not there: no such item, file or entry.  1 is nothing
# found, or something wrong.
my %absent = map { $_ => 1 } 65, 66, 67, 69;
my (@lines, %seen);

foreach (split(/\n/, Gatepost::Test::read_file("$top/README"))) {
	next unless s/^ {4}(?=gatepost )//;
	s/\s+#.*//;
	push(@lines, split(/ && /));
}
cmp_ok(scalar(@lines), '>', 30, 'README shows commands');

foreach my $line (@lines) {
	my @args = grep { length } map { s/^'|'$//gr }
	    $line =~ /('[^']*'|\S+)/g;

	shift(@args);
	# Where its output would go.
	splice(@args, -2) if @args > 2 && $args[-2] eq '>';
	@args = map { $words{$_} // $_ } @args;
	# There need be no Postfix; that is t/850-contrib-postfix.t.
	next if "@args" =~ /--postfix/;
	my $run = $site->gatepost({ stdin => '' }, @args);

	ok($run->{code} == 0 || $absent{$run->{code}} && "@args" =~
	    /01M81|E38AE|2YJA8/ || $run->{code} == 1 && "@args" =~
	    /^(?:status$|list find )/, $line) or
	    diag("exit $run->{code}: $run->{out}$run->{err}");
	unlike($run->{err}, qr/^usage:/m, '... is no misuse');
	$seen{$args[0]}++;
}
ok($seen{$_}, "README tells of $_") foreach qw(check try stats why mode list
    user status quarantine report candidate submit drain submission);

done_testing();
