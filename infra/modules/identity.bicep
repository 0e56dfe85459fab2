metadata description = 'The identity that the app runs as.'

@description('Required. Name of the identity.')
param name string

@description('Required. Azure region.')
param location string

@description('Required. Tags of the resources.')
param tags { *: string }

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Id of the identity.')
output id string = identity.id

@description('What the app signs in as.')
output clientId string = identity.properties.clientId

@description('What roles are granted to.')
output principalId string = identity.properties.principalId
