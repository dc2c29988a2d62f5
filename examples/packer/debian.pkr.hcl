# A disk image, prepared for Azure and made a VHD. Explained in docs/packer.md. Copy this folder into your repository.
#
# Packer 1.6 (Debian 12):  packer build -var disk=... -var private_key=... azure/debian.pkr.hcl
# Packer 1.7 and later:    packer init azure && packer build -var disk=... -var private_key=... azure    (reads plugins.pkr.hcl too)

variable "disk" {
  type = string # qcow2, is not changed
}

variable "user" {
  type    = string
  default = "admin"
}

variable "private_key" {
  type = string
}

variable "output" {
  type    = string
  default = "output/azure" # must not be there yet
}

variable "accelerator" {
  type    = string
  default = "kvm" # tcg where there is none
}

variable "cpus" {
  type    = number
  default = 2 # 1 is faster with tcg
}

source "qemu" "guest" {
  iso_url          = var.disk
  iso_checksum     = "none"
  disk_image       = true
  use_backing_file = false # an overlay is no whole disk, and is not converted
  skip_resize_disk = true
  format           = "qcow2"
  skip_compaction  = true
  output_directory = var.output
  vm_name          = "guest.qcow2"

  accelerator      = var.accelerator
  machine_type     = "q35"
  cpus             = var.cpus
  memory           = 1024
  net_device       = "virtio-net-pci"
  disk_interface   = "virtio"
  headless         = true
  vnc_bind_address = "127.0.0.1"
  boot_wait        = "1s"
  qemuargs = [
    ["-netdev", "user,id=user.0,hostfwd=tcp:127.0.0.1:{{ .SSHHostPort }}-:22"],
    ["-cpu", "max,-cx16"],
  ]

  ssh_username         = var.user
  ssh_private_key_file = var.private_key
  ssh_timeout          = "10m"

  # Over the connection that Packer has open: after deprovisioning no new one is possible.
  shutdown_command = "sudo systemctl poweroff"
  shutdown_timeout = "5m"
}

build {
  sources = ["source.qemu.guest"]

  provisioner "ansible" {
    playbook_file    = "${path.root}/prepare.yml" # beside this file, from wherever Packer is started
    user             = var.user
    use_proxy        = false
    ansible_env_vars = ["ANSIBLE_PIPELINING=1", "ANSIBLE_HOST_KEY_CHECKING=False"]
    extra_arguments  = ["-e", "ansible_python_interpreter=/usr/bin/python3"]
  }

  post-processor "shell-local" {
    inline = [
      "ansible-playbook imagewright.azure.convert -e disk_convert_src=$(realpath ${var.output}/guest.qcow2)",
    ]
  }
}
