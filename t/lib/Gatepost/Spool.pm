package Gatepost::Spool;
#
# Gatepost::Spool -- write submissions into the spool as a program of the
# admin's may: octets first, JSON by rename
#
#	my $id = Gatepost::Spool::put($site, kind => 'message', as => 'phish',
#	    data => $mail, record => { ... });

use strict;
use warnings;

use Gatepost::Test;
use JSON::PP ();
use Time::HiRes qw(time);

my @digits = split(//, '0123456789ABCDEFGHJKMNPQRSTVWXYZ');

# 48 bits of milliseconds and 80 random ones.
sub id {
	my ($at) = @_;
	my $bits = '00' . sprintf('%048b', int(($at // time) * 1000)) .
	    join('', map { int(rand(2)) } 1 .. 80);

	return join('', map { $digits[oct("0b$_")] } $bits =~ /(.{5})/g);
}

sub put {
	my ($site, %item) = @_;
	my $id = delete $item{id} // id();
	my $data = delete $item{data} // '';
	my $folder = $site->state_dir . '/spool/submissions';
	my ($uid, $gid) = (stat "$folder/new")[4, 5];

	Gatepost::Test::write_file("$folder/tmp/$id.eml", $data);
	Gatepost::Test::write_file("$folder/tmp/$id.json",
	    JSON::PP->new->utf8->canonical->encode({ id => $id,
	    tenant => 'example', kind => 'message', as => 'phish',
	    source => 'file', by => 'a program', via => 'command', %item }));
	foreach my $end (qw(eml json)) {
		chown($uid, $gid, "$folder/tmp/$id.$end");
		rename("$folder/tmp/$id.$end", "$folder/new/$id.$end")
		    or die "$folder/new: $!\n";
	}
	return $id;
}

# In which folder it lies; "" when it is in none or not whole.
sub place {
	my ($site, $id) = @_;
	my $folder = $site->state_dir . '/spool/submissions';

	foreach my $state (qw(new claimed done failed)) {
		return $state if -e "$folder/$state/$id.json" &&
		    -e "$folder/$state/$id.eml";
	}
	return '';
}

1;
