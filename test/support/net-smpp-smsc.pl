#!/usr/bin/perl
# An SMSC on Net::SMPP, a codec that shares no line with ours nor with jSMPP. It takes texts, reports their delivery, and does
# what it is told on its standard input, one JSON object a line; what it receives, it prints the same way. Octets are hexadecimal.
#
#   {"deliver": {"source_addr": "336...", "octets": "6f75 69", "esm_class": 0, "data_coding": 0, "sar": [7, 2, 1]}}
#   {"enquire": 1}   {"unbind": 1}
use strict;
use warnings;
use IO::Select;
use JSON::PP;
use Net::SMPP;

my $json   = JSON::PP->new->canonical;
my $smsc   = Net::SMPP->new_listen('127.0.0.1', port => 0, smpp_version => 0x34, interface_version => 0x34, timeout => undef)
    or die "no port: $!";
my $select = IO::Select->new($smsc, \*STDIN);
my ($bound, $ids, $seen, $orders) = (undef, 1000, 0, '');
my %BINDS = (
    1 => sub { $_[0]->bind_receiver_resp(system_id => 'perl', @_[1 .. $#_]) },
    2 => sub { $_[0]->bind_transmitter_resp(system_id => 'perl', @_[1 .. $#_]) },
    9 => sub { $_[0]->bind_transceiver_resp(system_id => 'perl', @_[1 .. $#_]) },
);

$| = 1;
sub tell_test { print $json->encode({@_}), "\n" }
tell_test(port => $smsc->sockport);

while (my @ready = $select->can_read) {
    for my $handle (@ready) {
        if ($handle == $smsc) {
            my $peer = $smsc->accept or next;
            $peer->set_version(0x34);
            $select->add($peer);
        }
        elsif ($handle == \*STDIN) {
            sysread(STDIN, $orders, 65536, length $orders) or exit;
            obey($json->decode($1)) while $orders =~ s/^(.*)\n//;
        }
        else {
            my $pdu = $handle->read_pdu;
            if   (defined $pdu) { handle_pdu($handle, $pdu) }
            else                { $select->remove($handle); close $handle; tell_test(cmd => 'closed') }
        }
    }
}

sub obey {
    my ($order) = @_;
    return $bound->enquire_link(async => 1) if $order->{enquire};
    return $bound->unbind(async => 1)       if $order->{unbind};
    my %fields = %{ $order->{deliver} };
    my $octets = pack 'H*', delete $fields{octets};
    my $sar    = delete $fields{sar};
    # A short_message ends at 254 octets; more goes into message_payload.
    my %body = length $octets > 254 ? (short_message => '', message_payload => $octets) : (short_message => $octets);
    $body{sar_msg_ref_num} = pack('n', $sar->[0]), $body{sar_total_segments} = pack('C', $sar->[1]),
        $body{sar_segment_seqnum} = pack('C', $sar->[2])
        if $sar;
    deliver(%fields, %body);
}

sub deliver {
    $bound->deliver_sm(source_addr_ton => 1, source_addr_npi => 1, dest_addr_ton => 1, dest_addr_npi => 1,
        source_addr => '33698765432', destination_addr => '33700000000', async => 1, @_);
}

sub handle_pdu {
    my ($peer, $pdu) = @_;
    my %seen = map { $_ => $pdu->{$_} } grep { defined $pdu->{$_} && !ref $pdu->{$_} && !/^(data|short_message|password)$/ }
        keys %$pdu;
    $seen{$_} = unpack 'H*', $seen{$_} for grep { /^sar_/ } keys %seen;
    tell_test(%seen, cmd => Net::SMPP::pdu_tab->{ $pdu->{cmd} }{cmd} // sprintf('%08x', $pdu->{cmd}),
        octets => unpack('H*', $pdu->{short_message} // ''), length => length($pdu->{data}) + 16);
    my %seq = (seq => $pdu->{seq});
    if (my $bind = $BINDS{ $pdu->{cmd} }) {
        my $is_good = $pdu->{system_id} eq 'bridge' && $pdu->{password} eq 'secret';
        $bound = $peer if $is_good && $pdu->{cmd} != 2;
        $bind->($peer, %seq, status => $is_good ? 0 : 0x0e);
    }
    elsif ($pdu->{cmd} == 4) {
        my $id = ++$ids;
        $peer->submit_sm_resp(%seq, message_id => "$id");
        deliver(esm_class => 4, source_addr => $pdu->{destination_addr}, destination_addr => $pdu->{source_addr},
            short_message => "id:$id sub:001 dlvrd:001 submit date:2611250101 done date:2611250102 stat:DELIVRD err:000 text:")
            if $pdu->{registered_delivery} & 1;
    }
    elsif ($pdu->{cmd} == 0x15) { $peer->enquire_link_resp(%seq) }
    elsif ($pdu->{cmd} == 6)    { $peer->unbind_resp(%seq) }
}
