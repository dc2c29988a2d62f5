# For Packer 1.7 and later, which fetches its plugins by `packer init`; Packer 1.6 brings them along and does not know this block: give it
# debian.pkr.hcl alone. NOT VALIDATED: written from Packer's documents, and no Packer later than 1.6.6 has read it; the template beside it is
# built by 1.6.6 in this project's tests.
packer {
  required_plugins {
    qemu = {
      source  = "github.com/hashicorp/qemu"
      version = ">= 1.0.0"
    }
    ansible = {
      source  = "github.com/hashicorp/ansible"
      version = ">= 1.0.0"
    }
  }
}
